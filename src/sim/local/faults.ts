/** Faults of a simulated unit at a serial or USB port. Each is used by a test. */
export const LOCAL_FAULTS = {
  'microlink-drops-bytes': 'A byte is missing in every fifth record.',
  'microlink-bad-sum': 'Every seventh record has a wrong check byte.',
  'microlink-stalls': 'Every tenth record pauses for 300 ms in the middle.',
  'microlink-goes-quiet': 'Once, half-way through the pages, the unit ignores requests for 20 seconds.',
  'microlink-stray-fe': 'Bytes FE precede every fourth record.',
  'microlink-check-ff':
    'Zeros follow each record, and records of the data area have FF as their second check byte.',
  'microlink-no-page-zero': 'The unit answers FD with page 1 and never sends page 0.',
  'microlink-no-descriptor': 'Page 0 states that there is no descriptor, and there is none.',
  'microlink-silent-mid-page': 'The unit stops answering for good in the middle of the half-way page.',
  'microlink-false-answer': "The unit's answer in the password exchange is wrong.",
  'microlink-locks': 'A wrong password silences the unit for good.',
  'port-echoes': 'The port echoes everything, as a modem does; nothing else is connected.',
  'port-babbles': 'The port sends random bytes without end.',
  'loader-restarts-at-300': 'The boot loader restarts at block 300 of the first transfer that reaches it.',
  'loader-asks-after-end':
    'After the end of the first transfer, the boot loader immediately asks for another image.',
  'loader-naks': 'Every third block is refused once.',
  'loader-nak-storm': 'Every block is refused forever.',
  'loader-loses-blocks': 'Every seventh block is lost once.',
  'loader-loses-acks': 'The acknowledgement of every fifth block is lost.',
  'loader-garbage-answers': 'Noise precedes every fourth answer.',
  'loader-cancels': 'The boot loader cancels one transfer in the middle.',
  'loader-refuses': 'The boot loader cancels every transfer at its first block.',
  'loader-eot-nak': 'The end of the transfer is refused twice.',
  'loader-silent-mid-way': 'The boot loader stops answering for good in the middle of the transfer.',
  'loader-never-returns': 'The unit accepts the image and never answers again.',
  'loader-returns-old': 'The unit accepts the image and returns with its old version.',
  'loader-returns-other-serial': 'The unit returns with another serial number.',
  'cable-pulled': 'The port disappears in the middle of a transfer or a look.',
  'usb-slow-first-answer': 'The first answer over USB takes 30 seconds.',
  'on-battery': 'The unit is on battery.',
} as const;

export type LocalFault = keyof typeof LOCAL_FAULTS;
