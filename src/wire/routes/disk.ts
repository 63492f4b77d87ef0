/** Routes of a guest's disks. */
import { z } from 'zod';
import { operator, viewer } from '../access.ts';
import { diskBytesSchema, diskNameSchema, diskWishSchema } from '../disk.ts';
import { heldDiskSchema } from '../methods/disk.ts';
import { nameSchema } from '../names.ts';
import { operationSchema } from '../resources.ts';
import { byName, route } from './route.ts';

const ofGuest = z.object({ name: nameSchema, disk: diskNameSchema });

export const diskRoutes = {
  'disk.list': route('GET /guests/:name/disks', 200, "A guest's disks", z.array(heldDiskSchema), {
    needs: viewer,
    params: byName,
  }),
  'disk.add': route('POST /guests/:name/disks', 202, 'Give a stopped guest one more disk', operationSchema, {
    needs: operator,
    told: ['name', 'bytes'],
    params: byName,
    body: diskWishSchema,
  }),
  'disk.remove': route(
    'DELETE /guests/:name/disks/:disk',
    202,
    'Take a disk from a stopped guest, and delete it',
    operationSchema,
    { needs: operator, params: ofGuest },
  ),
  'disk.grow': route('POST /guests/:name/disks/:disk/grow', 202, 'Make a disk larger', operationSchema, {
    needs: operator,
    told: ['bytes'],
    params: ofGuest,
    body: z.object({ bytes: diskBytesSchema.describe('its new size') }),
  }),
} as const;
