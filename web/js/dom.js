// A template of index.html with its named parts. The pages are written in HTML; scripts only fill them in.

/**
 * @param {string} id of a <template>
 * @returns {{root: HTMLElement, part: (name: string) => HTMLElement}}
 */
export function fromTemplate(id) {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
  const root = /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild;
  if (!(root instanceof HTMLElement)) throw new Error(`template ${id} is empty`);
  return {root, part: (name) => partOf(root, name)};
}

/** @param {HTMLElement} root @param {string} name @returns {HTMLElement} */
function partOf(root, name) {
  const found = root.dataset.part === name ? root : root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`no part ${name}`);
  return found;
}

/** Text that has not changed is not written again: screen readers and selections stay where they are.
 * @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} tag @param {string} className @param {string} [text] @returns {HTMLElement} */
export function make(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** For those who hear the page: said once, politely. @param {string} text */
export function announce(text) {
  const announcer = document.getElementById('announcer');
  if (announcer) setText(announcer, text);
}
