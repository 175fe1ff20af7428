// Pieces that several views are made of.

import { el } from "./dom.js";
import { date, relative } from "./words.js";

export const time = (text) => el("time", { datetime: text, title: date(text) }, relative(text));
export const exactTime = (text) => el("time", { datetime: text }, date(text));

/** A state as a coloured word: the colour alone says nothing. */
export const badge = (name, words) => el("span", { class: `badge is-${name}` }, words[name] ?? name);

/** A proof's id, short where there is little room; the whole is in the title and is what gets read out. */
export function proofLink(id) {
  const short = `${id.slice(0, 12)}…${id.slice(-6)}`;
  return el("a", { href: `#/proofs/${encodeURIComponent(id)}`, title: id, "aria-label": id, class: "id" }, short);
}

/** What went wrong, as the API said it. */
export function problemBox(problem) {
  return el("div", { class: "problem", role: "alert" },
    el("strong", {}, problem.title ?? "Something went wrong in the portal"),
    el("p", {}, problem.detail ?? problem.message),
    (problem.code || problem.requestId) && el("p", { class: "quiet" },
      problem.code && el("code", {}, problem.code),
      problem.requestId && ` · request ${problem.requestId}`));
}

/** A heading that takes the focus when its view is opened. */
export const heading = (...children) => el("h1", { tabindex: "-1" }, ...children);

/** Facts as pairs; those without a value are left out. */
export function facts(...pairs) {
  const known = pairs.filter(([, value]) => value !== undefined && value !== null && value !== false);
  return el("dl", { class: "facts" }, known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A table that becomes cards where it is narrow: each cell knows its heading. */
export function table(caption, columns, rows) {
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col" }, column)));
  return el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, rows));
}

export const row = (columns, cells, attributes = {}) =>
  el("tr", attributes, cells.map((cell, at) => el("td", { "data-label": columns[at] }, cell)));

export function select(id, label, options, chosen, onchange) {
  const items = options.map(([value, text]) => el("option", { value, selected: value === (chosen ?? "") }, text));
  return el("div", { class: "field" }, el("label", { for: id }, label), el("select", { id, onchange }, items));
}

/** The address of a view with these parameters; empty ones are left out. */
export function address(path, parameters = {}) {
  const known = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(known).toString();
  return `#${path}${query && `?${query}`}`;
}

/** Links to other pages of a list. Back in the browser leads to the page before. */
export function pager(path, parameters, nextCursor, [first, next] = ["Newest", "Older"]) {
  const { cursor, ...rest } = parameters;
  if (!cursor && !nextCursor) return null;
  return el("nav", { class: "pager", "aria-label": "Pages" },
    cursor && el("a", { href: address(path, rest) }, first),
    nextCursor && el("a", { href: address(path, { ...rest, cursor: nextCursor }), rel: "next" }, next));
}
