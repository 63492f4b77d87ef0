import { ownTunnelAddress } from '../conform/sink.ts';
import type { Context } from '../context.ts';
import { allSpecs } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { fetchImage } from '../image-transfer/fetch.ts';
import { offerImage } from '../image-transfer/offer.ts';
import { adoptImage, listImages, removeImage } from '../images.ts';

export const imageHandlers = (context: Context): HandlersOf<'image'> => ({
  'image.list': async () => ({ images: await listImages(context.paths) }),
  'image.adopt': async ({ digest, upload }) => {
    await adoptImage(context.paths, digest, upload);
    return {};
  },
  'image.offer': async (wish) => offerImage(context.paths, await ownTunnelAddress(context.paths), wish),
  'image.fetch': (wish, call) => fetchImage(context.paths, wish, call),
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
