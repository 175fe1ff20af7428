// The API key: in this tab's session storage, and nowhere else. Never in a URL, a cookie or an element of the page.

const NAME = "zapiki.key";
// What a header can carry; anything else is a slip of the clipboard.
const PRINTABLE = /^[\x21-\x7e]+$/;

export const key = () => sessionStorage.getItem(NAME);

/** Keeps a key until `wipe`; false if it cannot be one. */
export function keep(text) {
  const trimmed = text.trim();
  if (!PRINTABLE.test(trimmed)) return false;
  sessionStorage.setItem(NAME, trimmed);
  return true;
}

export const wipe = () => sessionStorage.clear();
