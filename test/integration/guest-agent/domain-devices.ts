/** A domain's devices as lines of text, as far as a guest can see them: kind, model, where they are. */
const seen = ['type', 'model', 'index', 'id', 'bus', 'device', 'dev', 'name', 'action', 'port'];
const places = ['controller', 'domain', 'slot', 'function'];
/** What one host or one start decides anew, and no guest sees. */
const unseen = [
  'alias',
  'source',
  'log',
  'driver',
  'backend',
  'backingStore',
  'emulator',
  'boot',
  'mac',
  'mtu',
];

type Tag = { name: string; attributes: string; opens: boolean; closes: boolean };

const tags = (xml: string): Tag[] =>
  [...xml.matchAll(/<(\/?)([a-zA-Z]+)([^<>]*?)(\/?)>/g)].map(
    ([, close, name = '', attributes = '', empty]) => ({
      name,
      attributes,
      opens: close === '',
      closes: close === '/' || empty === '/',
    }),
  );

/** Attributes in one order, without those that no guest sees. */
function attributesOf({ name, attributes }: Tag): string {
  const shown = name === 'address' ? [...seen, ...places] : seen;
  return [...attributes.matchAll(/([a-z]+)=['"]([^'"]*)['"]/g)]
    .filter(([, key = '']) => shown.includes(key) && !(name === 'target' && key === 'type'))
    .map(([, key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** One line a device, sorted: `rng(model=virtio) address(bus=0x00,…)`. */
export function deviceLines(xml: string): string[] {
  const inside = /<devices>(.*)<\/devices>/s.exec(xml)?.[1] ?? '';
  const devices: string[] = [];
  let depth = 0;
  let hidden: number | undefined;
  for (const tag of tags(inside)) {
    if (tag.opens) {
      if (hidden === undefined && unseen.includes(tag.name)) hidden = depth;
      const words = `${tag.name}(${attributesOf(tag)})`;
      if (hidden === undefined && depth === 0) devices.push(words);
      else if (hidden === undefined) devices.push(`${devices.pop()} ${words}`);
      depth += 1;
    }
    if (tag.closes) depth -= 1;
    if (hidden === depth) hidden = undefined;
  }
  return devices.sort();
}
