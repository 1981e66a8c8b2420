/**
 * Names of the images in two public collections, with what their records state. Facts only: no byte of an
 * image is in this repository. Every line has the name without `.enc`, the Micro-Link ID, the ID afterwards,
 * the version, and `signed` where the file ends with a signature package.
 */
export interface CollectedImage {
  readonly file: string;
  readonly microLinkId: number;
  readonly microLinkIdAfter: number;
  readonly version: string;
  readonly signed: boolean;
}

/** Read from the headers of the files in `supermarsx/other-smartups-fuw`. */
const SUPERMARSX = `
CSH5008UPS_02-7 | 5008 | 5008 | 02.7
LCE1030UPS_02-5 | 1030 | 1030 | 02.5
LCE1037UPS_02-5 - 01-10-19 | 1037 | 1037 | 02.5
NMC1029UPS_02-5 | 1029 | 1029 | 02.5
PMU1016UPS_02-3 | 1016 | 1016 | 02.3
SCL1029UPS_15-6 | 1029 | 1029 | 15.6 | signed
SCL1030UPS_15-6 | 1030 | 1030 | 15.6 | signed
SCL1036UPS_15-6 | 1036 | 1036 | 15.6 | signed
SCL1037UPS_15-6 | 1037 | 1037 | 15.6 | signed
SCL1048UPS_16-6 | 1048 | 1048 | 16.6 | signed
SCL1049UPS_16-6 | 1049 | 1049 | 16.6 | signed
SCL1051UPS_16-6 | 1051 | 1051 | 16.6 | signed
SCL1052UPS_16-6 | 1052 | 1052 | 16.6 | signed
SMC1000UPS_10-0 | 1000 | 1000 | 10.0
SMC1005UPS_12-0 | 1005 | 1005 | 12.0
SMC1005UPS_15-1 | 1005 | 1005 | 15.1
SMC1007UPS_11-0 | 1007 | 1007 | 11.0
SMC1007UPS_15-0 | 1007 | 1007 | 15.0
SMC1018UPS_04-1 | 1018 | 1018 | 04.1
SMC1018UPS_18-2 | 1018 | 1018 | 18.2 | signed
SMC1028UPS_18-2 | 1028 | 1028 | 18.2 | signed
SMC1061UPS_02-0 | 1061 | 1061 | 02.0 | signed
SMT1015UPS_04-1 | 1015 | 1015 | 04.1
SMT1015UPS_18-0 | 1015 | 1015 | 18.0 | signed
SMT1027UPS_18-0 | 1027 | 1027 | 18.0 | signed
SMT1031UPS_15-5 | 1031 | 1031 | 15.5 | signed
SMT1039UPS_15-5 | 1039 | 1039 | 15.5 | signed
SMT1040UPS_15-0 | 1040 | 1040 | 15.0
SMT1041UPS_15-0 | 1041 | 1041 | 15.0
SMT1050UPS_16-5 | 1050 | 1050 | 16.5 | signed
SMT1059UPS_16-5 | 1059 | 1059 | 16.5 | signed
SMT1060UPS_02-0 | 1060 | 1060 | 02.0 | signed
SMT17UPS_07-1 | 17 | 17 | 07.1
SMT17UPS_07-1_Le | 17 | 17 | 07.1
SMT18UPS_09-6 | 18 | 18 | 09.6
SMT18UPS_15-0 | 18 | 18 | 15.0
SMT20UPS_10-2 | 20 | 20 | 10.2
SMT20UPS_15-0 | 20 | 20 | 15.0
SMT4UPS_07-1_Le_750 | 4 | 4 | 07.1
SMT4UPS_07-1_Le_NOT750 | 4 | 4 | 07.1
SMTL1026UPS_15-5 | 1026 | 1026 | 15.5 | signed
SMTL1047UPS_16-5 | 1047 | 1047 | 16.5 | signed
SMTL1064UPS_01-8 | 1064 | 1064 | 01.8 | signed
SMX1003UPS_08-1 | 1003 | 1003 | 08.1
SMX1003UPS_15-0 | 1003 | 1003 | 15.0
SMX1031UPS_02-0 | 1031 | 1031 | 02.0
SMX1031UPS_15-5 | 1031 | 1031 | 15.5 | signed
SMX10UPS_02-0 | 10 | 10 | 02.0
SMX11UPS_03-8 | 11 | 11 | 03.8
SMX20UPS_15-0 | 20 | 20 | 15.0
SMX23UPS_07-0 | 23 | 23 | 07.0
SMX23UPS_15-0 | 23 | 23 | 15.0
SRT1001UPS_02-9 | 1001 | 1013 | 02.9
SRT1002UPS_05-2 | 1002 | 1014 | 05.2
SRT1002UPS_15-2 | 1002 | 1014 | 15.2
SRT1010UPS_08-3 | 1010 | 1025 | 08.3
SRT1010UPS_15-6 | 1010 | 1025 | 15.6 | signed
SRT1013UPS_05-1 | 1013 | 1013 | 05.1
SRT1013UPS_15-3 | 1013 | 1013 | 15.3
SRT1014UPS_05-2 | 1014 | 1014 | 05.2
SRT1014UPS_15-2 | 1014 | 1014 | 15.2
SRT1019UPS_08-2 | 1019 | 1025 | 08.2
SRT1019UPS_15-6 | 1019 | 1025 | 15.6 | signed
SRT1020UPS_10-1 | 1020 | 1020 | 10.1
SRT1020UPS_15-9 | 1020 | 1020 | 15.9 | signed
SRT1021UPS_12-0 | 1021 | 1021 | 12.0
SRT1021UPS_15-7 | 1021 | 1021 | 15.7 | signed
SRT1024UPS_00-8 | 1024 | 1024 | 00.8
SRT1024UPS_15-6 | 1024 | 1024 | 15.6 | signed
SRT1025UPS_07-9 | 1025 | 1025 | 07.9
SRT1025UPS_15-6 | 1025 | 1025 | 15.6 | signed
SRT5008UPS_02-5 | 5008 | 5008 | 02.5
SRTL1024UPS_15-6 | 1024 | 1024 | 15.6 | signed
SRTL1034UPS_06-8 | 1034 | 1034 | 06.8 | signed
SRTL1035UPS_06-8 | 1035 | 1035 | 06.8 | signed
SRTL1062UPS_04-8 | 1062 | 1062 | 04.8 | signed
SRTL1063UPS_04-8 | 1063 | 1063 | 04.8 | signed
XP1016UPS_15-1 | 1016 | 1016 | 15.1
XU1017UPS_15-7 | 1017 | 1017 | 15.7 | signed
XU1025UPS_15-6 | 1025 | 1025 | 15.6 | signed
XU1033UPS_15-7 | 1033 | 1033 | 15.7 | signed
XUL1017UPS_02-3 | 1017 | 1017 | 02.3
XUL1033UPS_00-3 | 1033 | 1033 | 00.3
YAMUNA_03-8 | 1004 | 1004 | 03.8
`;

/**
 * The releases in the folder "APC provided FW and Release Notes" of
 * `HariComputes/APC-SmartUps-Firmware-Recovery`: four images, and release notes of the others. What the lines
 * of those others state is read from the same release in the first collection, or from the name.
 */
const HARICOMPUTES = `
CSH5008UPS_02-7 | 5008 | 5008 | 02.7
SCL1029UPS_15-6 | 1029 | 1029 | 15.6 | signed
SCL1030UPS_15-6 | 1030 | 1030 | 15.6 | signed
SCL1036UPS_15-6 | 1036 | 1036 | 15.6 | signed
SCL1037UPS_15-6 | 1037 | 1037 | 15.6 | signed
SCL1048UPS_16-6 | 1048 | 1048 | 16.6 | signed
SCL1049UPS_16-6 | 1049 | 1049 | 16.6 | signed
SCL1051UPS_16-6 | 1051 | 1051 | 16.6 | signed
SCL1052UPS_16-6 | 1052 | 1052 | 16.6 | signed
SMC1000UPS_10-0 | 1000 | 1000 | 10.0
SMC1005UPS_15-1 | 1005 | 1005 | 15.1
SMC1007UPS_15-0 | 1007 | 1007 | 15.0
SMC1018UPS_18-2 | 1018 | 1018 | 18.2 | signed
SMC1028UPS_18-2 | 1028 | 1028 | 18.2 | signed
SMC1061UPS_02-0 | 1061 | 1061 | 02.0 | signed
SMT1015UPS_18-0 | 1015 | 1015 | 18.0 | signed
SMT1027UPS_18-0 | 1027 | 1027 | 18.0 | signed
SMT1039UPS_15-5 | 1039 | 1039 | 15.5 | signed
SMT1040UPS_15-0 | 1040 | 1040 | 15.0
SMT1041UPS_15-0 | 1041 | 1041 | 15.0
SMT1059UPS_16-5 | 1059 | 1059 | 16.5 | signed
SMT1060UPS_02-0 | 1060 | 1060 | 02.0 | signed
SMT17UPS_07-1 | 17 | 17 | 07.1
SMT18UPS_15-1 | 18 | 18 | 15.1
SMTL1026UPS_15-5 | 1026 | 1026 | 15.5 | signed
SMTL1047UPS_16-5 | 1047 | 1047 | 16.5 | signed
SMTL1064UPS_01-8 | 1064 | 1064 | 01.8 | signed
SMTSMX1031UPS_15-5 | 1031 | 1031 | 15.5 | signed
SMTSMX1050UPS_16-5 | 1050 | 1050 | 16.5 | signed
SMTSMX20UPS_15-0 | 20 | 20 | 15.0
SMX1003UPS_15-0 | 1003 | 1003 | 15.0
SMX23UPS_15-0 | 23 | 23 | 15.0
SRT1001UPS_02-9 | 1001 | 1013 | 02.9
SRT1002UPS_15-2 | 1002 | 1014 | 15.2
SRT1010UPS_15-6 | 1010 | 1025 | 15.6 | signed
SRT1013UPS_15-3 | 1013 | 1013 | 15.3
SRT1014UPS_15-2 | 1014 | 1014 | 15.2
SRT1019UPS_15-6 | 1019 | 1025 | 15.6 | signed
SRT1020UPS_15-9 | 1020 | 1020 | 15.9 | signed
SRT1021UPS_15-7 | 1021 | 1021 | 15.7 | signed
SRTL1034UPS_06-9 | 1034 | 1034 | 06.9 | signed
SRTL1035UPS_06-8 | 1035 | 1035 | 06.8 | signed
SRTL1062UPS_04-9 | 1062 | 1062 | 04.9 | signed
SRTL1063UPS_04-9 | 1063 | 1063 | 04.9 | signed
SRTSRTL1024UPS_15-6 | 1024 | 1024 | 15.6 | signed
SRTXU1025UPS_15-6 | 1025 | 1025 | 15.6 | signed
XP1016UPS_15-1 | 1016 | 1016 | 15.1
XU1017UPS_15-7 | 1017 | 1017 | 15.7 | signed
XU1033UPS_15-7 | 1033 | 1033 | 15.7 | signed
`;

function parsed(table: string): readonly CollectedImage[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', id, after, version = '', signed] = line.split(' | ');
      return {
        file: `${name}.enc`,
        microLinkId: Number(id),
        microLinkIdAfter: Number(after),
        version,
        signed: signed === 'signed',
      };
    });
}

export const FIRST_COLLECTION: readonly CollectedImage[] = parsed(SUPERMARSX);
export const SECOND_COLLECTION: readonly CollectedImage[] = parsed(HARICOMPUTES);

/** The files of that folder: an image or release notes for each release. */
export const SECOND_IMAGES: readonly string[] = [
  'SMT18UPS_15-1.enc',
  'SRTL1034UPS_06-9.enc',
  'SRTL1062UPS_04-9.enc',
  'SRTL1063UPS_04-9.enc',
];
export const SECOND_NOTES: readonly string[] = SECOND_COLLECTION.map(({ file }) =>
  // One name has a space before its extension.
  file.replace(/\.enc$/, file.startsWith('SMC1000') ? '_readme .txt' : '_readme.txt'),
);
