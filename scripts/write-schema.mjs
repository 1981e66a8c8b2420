// Writes schema/inventory.schema.json from the schema that the tool itself checks with. Run: node scripts/write-schema.mjs
import './sources.mjs';
import { writeFileSync } from 'node:fs';
import { z } from 'zod';

const { InventorySchema } = await import('../src/inventory/index.ts');

const file = new URL('../schema/inventory.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(z.toJSONSchema(InventorySchema, { io: 'input' }), null, 2)}\n`);
