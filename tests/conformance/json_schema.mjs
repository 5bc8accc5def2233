// JSON Schema 2020-12, as much of it as docs/protocol.schema.json uses. A keyword that is not known here is an error, so
// the schema cannot say something that nobody checks.

const annotations = new Set(['$schema', '$id', '$defs', 'title', 'description']);

const kinds = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** One function a keyword: (its value, the instance, the place, check(schema, value, place), its schema) → faults. */
const keywords = {
  $ref: (ref, value, at, check) => check(check.resolve(ref), value, at),
  type: (types, value, at) => ([types].flat().some((type) => kinds[type](value)) ? [] : [`${at} is not ${types}`]),
  const: (wanted, value, at) => (same(wanted, value) ? [] : [`${at} is not ${JSON.stringify(wanted)}`]),
  enum: (wanted, value, at) => (wanted.some((word) => same(word, value)) ? [] : [`${at} is none of ${wanted}`]),
  maxLength: (most, value, at) => (kinds.string(value) && [...value].length > most ? [`${at} is longer than ${most}`] : []),
  maxItems: (most, value, at) => (kinds.array(value) && value.length > most ? [`${at} has more than ${most} entries`] : []),
  minimum: (least, value, at) => (typeof value === 'number' && value < least ? [`${at} is below ${least}`] : []),
  maximum: (most, value, at) => (typeof value === 'number' && value > most ? [`${at} is above ${most}`] : []),
  required: (names, value, at) =>
    kinds.object(value) ? names.filter((name) => !Object.hasOwn(value, name)).map((name) => `${at}.${name} is missing`) : [],
  properties: (properties, value, at, check) =>
    kinds.object(value)
      ? Object.entries(properties).flatMap(([name, schema]) =>
          Object.hasOwn(value, name) ? check(schema, value[name], `${at}.${name}`) : [])
      : [],
  items: (schema, value, at, check) =>
    kinds.array(value) ? value.flatMap((item, index) => check(schema, item, `${at}[${index}]`)) : [],
  allOf: (schemas, value, at, check) => schemas.flatMap((schema) => check(schema, value, at)),
  anyOf: (schemas, value, at, check) =>
    schemas.some((schema) => check(schema, value, at).length === 0) ? [] : [`${at} fits nothing of anyOf`],
  oneOf: (schemas, value, at, check) => {
    const fitting = schemas.filter((schema) => check(schema, value, at).length === 0).length;
    return fitting === 1 ? [] : [`${at} fits ${fitting} of oneOf`];
  },
};

/** What is wrong with `value` by `schema`, a part of `root`; empty when it fits. */
export function faults(root, schema, value) {
  const check = (part, instance, at) =>
    Object.entries(part).flatMap(([keyword, argument]) => {
      if (annotations.has(keyword)) return [];
      if (!Object.hasOwn(keywords, keyword)) throw new Error(`json_schema.mjs does not know the keyword ${keyword}`);
      return keywords[keyword](argument, instance, at, check);
    });
  check.resolve = (ref) =>
    ref.slice(2).split('/').reduce((node, name) => {
      if (!Object.hasOwn(node, name)) throw new Error(`${ref} leads nowhere`);
      return node[name];
    }, root);
  return check(schema, value, '$');
}
