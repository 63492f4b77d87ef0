import type { Context } from '../context.ts';
import { allSpecs } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { adoptImage, listImages, removeImage } from '../images.ts';

export const imageHandlers = (context: Context): HandlersOf<'image'> => ({
  'image.list': async () => ({ images: await listImages(context.paths) }),
  'image.adopt': async ({ digest, upload }) => {
    await adoptImage(context.paths, digest, upload);
    return {};
  },
  'image.remove': async ({ digest }) => {
    const users = (await allSpecs(context)).filter(({ image }) => image === digest);
    await removeImage(
      context.paths,
      digest,
      users.map(({ name }) => name),
    );
    return {};
  },
});
