// Runs once in every context, before anything of a document. It takes away what a script must not
// have, tells time and chance from outside, and freezes what all sessions of the context share.
// `host` holds the functions of the interpreter. The value is the kit that the interpreter calls.
(function (host, extra) {
  "use strict";
  const g = globalThis;
  // Kept here, because a session may give its own data these names.
  const {
    Object, Reflect, Array, Boolean, Number, String, Symbol, Error, TypeError, RegExp, Map, Set, JSON, Math, BigInt,
  } = g;
  const {
    defineProperty, getOwnPropertyNames, getOwnPropertyDescriptor, getPrototypeOf, freeze, isExtensible,
    hasOwn, setPrototypeOf, create, keys,
  } = Object;
  const { ownKeys, construct, apply } = Reflect;
  const RealDate = g.Date;
  const evaluate = g.eval;
  const stringify = JSON.stringify;
  const parse = JSON.parse;

  // Clocks, other threads and the garbage collector cannot be told from outside.
  for (const name of [
    "performance", "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "queueMicrotask",
    "navigator", "gc", "print", "console", "setTimeout", "Worker",
  ]) delete g[name];

  // ---- time and chance ------------------------------------------------------------------------
  // The time zone is UTC: a session gives the same on every machine.
  const withoutZone = /T\d\d:\d\d(:\d\d(\.\d+)?)?$/;
  const inUtc = (text) => (withoutZone.test(text) ? text + "Z" : text);
  const instant = (args) => {
    if (args.length === 0) return host.now();
    if (args.length === 1) {
      const [one] = args;
      if (typeof one === "string") return RealDate.parse(inUtc(one));
      return one instanceof RealDate ? one.getTime() : one;
    }
    return RealDate.UTC(...args);
  };
  function Date(...args) {
    if (new.target === undefined) return construct(RealDate, [host.now()]).toString();
    return construct(RealDate, [instant(args)], new.target);
  }
  Date.prototype = RealDate.prototype;
  defineProperty(Date, "prototype", { writable: false, enumerable: false, configurable: false });
  defineProperty(Date, "length", { value: 7 });
  const method = (object, name, value) =>
    defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
  method(Date, "now", function now() { return host.now(); });
  method(Date, "UTC", RealDate.UTC);
  method(Date, "parse", function parse(text) { return RealDate.parse(inUtc(String(text))); });
  method(Date.prototype, "constructor", Date);
  method(Date.prototype, "getTimezoneOffset", function getTimezoneOffset() {
    return this.getTime() * 0;
  });
  for (const part of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
    method(Date.prototype, "get" + part, RealDate.prototype["getUTC" + part]);
    if (part !== "Day") method(Date.prototype, "set" + part, RealDate.prototype["setUTC" + part]);
  }
  method(g, "Date", Date);
  method(Math, "random", function random() { return host.random(); });

  // ---- system variables (5.10) -----------------------------------------------------------------
  let event, session, name, x, processors;
  const fixed = (variable, get) =>
    defineProperty(g, variable, {
      get,
      set() { throw new TypeError(variable + " is a system variable and cannot be changed"); },
      enumerable: false,
      configurable: false,
    });
  const buildProcessors = () => {
    const made = {};
    for (const [kind, location] of host.processors()) made[kind] = freeze({ location });
    return freeze(made);
  };
  fixed("_event", () => event);
  fixed("_sessionid", () => session);
  fixed("_name", () => name);
  fixed("_ioprocessors", () => (processors ??= buildProcessors()));
  fixed("_x", () => (x ??= host.platform()));
  fixed("_data", () => g);
  defineProperty(g, "In", {
    value: function In(id) { return host.active(String(id)); },
    writable: false, enumerable: false, configurable: false,
  });

  // ---- a small read-only DOM -------------------------------------------------------------------
  // A document is read once; a node knows its document and its number in it.
  const inside = Symbol("inside");
  class Node {
    constructor(fields) { defineProperty(this, inside, { value: fields }); }
    get nodeType() { return this[inside].type; }
    get nodeName() { return this[inside].name; }
    get nodeValue() { return this[inside].value; }
    get parentNode() { return this[inside].parent; }
    get ownerDocument() { return this[inside].document; }
    get childNodes() { return this[inside].children; }
    get firstChild() { return this[inside].children[0] ?? null; }
    get lastChild() { return this[inside].children.at(-1) ?? null; }
    get nextSibling() { return sibling(this, 1); }
    get previousSibling() { return sibling(this, -1); }
    get textContent() {
      if (this[inside].type === 3) return this[inside].value;
      return this[inside].children.map((child) => child.textContent).join("");
    }
    hasChildNodes() { return this[inside].children.length > 0; }
    getElementsByTagName(wanted) {
      return elements(this, (node) => wanted === "*" || node.nodeName === wanted);
    }
    getElementsByTagNameNS(space, local) {
      return elements(this, (node) =>
        (space === "*" || node.namespaceURI === space) && (local === "*" || node.localName === local));
    }
    toString() { return host.xml_text(this[inside].document[inside].text, this[inside].number); }
    toJSON() { return this.toString(); }
  }
  const sibling = (node, step) => {
    const parent = node.parentNode;
    if (!parent) return null;
    return parent.childNodes[parent.childNodes.indexOf(node) + step] ?? null;
  };
  const elements = (node, wanted, found = []) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 1) {
        if (wanted(child)) found.push(child);
        elements(child, wanted, found);
      }
    }
    return found;
  };
  class Element extends Node {
    get tagName() { return this[inside].name; }
    get localName() { return this[inside].local; }
    get prefix() { return this[inside].prefix || null; }
    get namespaceURI() { return this[inside].space || null; }
    get attributes() {
      return this[inside].attributes.map(([name, value]) => ({ name, nodeName: name, value, nodeValue: value }));
    }
    get children() { return this.childNodes.filter((child) => child.nodeType === 1); }
    get firstElementChild() { return this.children[0] ?? null; }
    getAttribute(wanted) {
      const found = this[inside].attributes.find(([name]) => name === wanted);
      return found ? found[1] : null;
    }
    hasAttribute(wanted) { return this.getAttribute(wanted) !== null; }
  }
  class Text extends Node {
    get data() { return this[inside].value; }
    get length() { return this[inside].value.length; }
  }
  class Document extends Node {
    get documentElement() { return this[inside].children[0] ?? null; }
    getElementById(id) {
      return elements(this, (node) => node.getAttribute("id") === id)[0] ?? null;
    }
  }
  // `tree`: [prefix, local, namespace, attributes, children], a text as a string.
  const grow = (tree, parent, document, count) => {
    const number = count.next++;
    if (typeof tree === "string") {
      const fields = { type: 3, name: "#text", value: tree, parent, document, children: freeze([]), number };
      return remember(new Text(fields), document);
    }
    const [prefix, local, space, attributes, inner] = tree;
    const fields = {
      type: 1, name: prefix ? prefix + ":" + local : local, value: null, parent, document, children: [],
      prefix, local, space, attributes, number,
    };
    const element = remember(new Element(fields), document);
    for (const child of inner) fields.children.push(grow(child, element, document, count));
    freeze(fields.children);
    return element;
  };
  const remember = (node, document) => {
    document[inside].nodes.push(freeze(node));
    return node;
  };
  const buildDocument = (text) => {
    const tree = host.xml_tree(text);
    if (tree === undefined) return undefined;
    const fields = {
      type: 9, name: "#document", value: null, parent: null, document: null, children: [], text, nodes: [],
      number: -1,
    };
    const document = new Document(fields);
    fields.document = document;
    fields.children.push(grow(tree, document, document, { next: 0 }));
    freeze(fields.children);
    return freeze(document);
  };

  // ---- host functions of the platform ----------------------------------------------------------
  if (extra !== "") evaluate(extra)(host.call);

  // ---- frozen: what all sessions of this context share ------------------------------------------
  // A frozen prototype would make `object.toString = ..` fail, so what is often overwritten in
  // objects made from it becomes an accessor that defines the property there.
  const overridable = (object) => {
    for (const key of ["toString", "valueOf", "constructor", "toLocaleString", "hasOwnProperty", "name",
      "message", "toJSON", "length"]) {
      const found = getOwnPropertyDescriptor(object, key);
      if (!found || !("value" in found) || !found.configurable) continue;
      const { value, enumerable } = found;
      defineProperty(object, key, {
        get() { return value; },
        set(mine) {
          if (this === object) throw new TypeError(key + " is shared by all sessions and cannot be changed");
          defineProperty(this, key, { value: mine, writable: true, enumerable: true, configurable: true });
        },
        enumerable, configurable: false,
      });
    }
  };
  const done = new Set();
  const deep = (value) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || done.has(value)) return;
    if (value === g) return;
    done.add(value);
    if (typeof value === "object" && typeof value.constructor === "function") overridable(value);
    for (const key of ownKeys(value)) {
      const found = getOwnPropertyDescriptor(value, key);
      if ("value" in found) deep(found.value); else { deep(found.get); deep(found.set); }
    }
    deep(getPrototypeOf(value));
    freeze(value);
  };
  const roots = [
    function () {}, async function () {}, function* () {}, async function* () {}, () => {}, [][Symbol.iterator](),
    new Map().entries(), new Set().entries(), ""[Symbol.iterator](), /a/[Symbol.matchAll]("a"), Node.prototype,
    Element.prototype, Text.prototype, Document.prototype, (function* () {})(), (async function* () {})(),
  ];
  for (const root of roots) deep(getPrototypeOf(root));
  for (const root of roots.slice(10, 14)) deep(root);
  // System variables stay on the global object, where nothing can stand in front of them. What all sessions
  // share moves behind the global object, to its prototype: the object itself then holds
  // what the session made and little else, so that it is quickly listed and emptied.
  const shared = create(getPrototypeOf(g));
  for (const key of ownKeys(g)) {
    const found = getOwnPropertyDescriptor(g, key);
    if ("value" in found) deep(found.value);
    if (!found.configurable) continue;
    defineProperty(shared, key, "value" in found ? { value: found.value } : { get: found.get, set: found.set });
    delete g[key];
  }
  freeze(shared);
  setPrototypeOf(g, shared);
  const baseline = ownKeys(g).length;
  const globalPrototype = shared;
  const datePrototype = RealDate.prototype;
  const getTime = datePrototype.getTime;

  // ---- the kit ---------------------------------------------------------------------------------
  const kit = {
    open(newSession, newName) {
      session = newSession; name = newName; x = undefined; processors = undefined; event = undefined;
    },
    event(name, type, data, rare) {
      if (rare === undefined) {
        event = { name, type, sendid: undefined, origin: undefined, origintype: undefined, invokeid: undefined,
          data, raw: undefined };
      } else {
        const [sendid, origin, origintype, invokeid, raw] = rare;
        event = { name, type, sendid, origin, origintype, invokeid, data, raw };
      }
    },
    // A variable without a value, if the session has none of this name.
    declare(name) {
      if (hasOwn(g, name)) return;
      defineProperty(g, name, { value: undefined, writable: true, enumerable: true, configurable: true });
    },
    setEvent(value) { event = value; },
    roots() { return [event, processors, x, Object.prototype]; },
    processors() { return (processors ??= buildProcessors()); },
    platform() { return (x ??= host.platform()); },
    // What an object is, when its prototype is not Object.prototype or Array.prototype.
    kind(value) {
      if (value === g) return "global";
      const prototype = getPrototypeOf(value);
      if (prototype === null) return "bare";
      if (prototype === Document.prototype) return "document";
      if (prototype === Element.prototype || prototype === Text.prototype) return "node";
      if (value instanceof RealDate) return "date";
      if (value instanceof RegExp) return "regexp";
      if (value instanceof Map) return "map";
      if (value instanceof Set) return "set";
      if (value instanceof Error) return "error";
      if (value instanceof Boolean || value instanceof Number || value instanceof String) return "boxed";
      if (typeof prototype === "object" && typeof prototype.constructor === "function" &&
          !done.has(prototype) && prototype.constructor.prototype === prototype) return "instance";
      return "other";
    },
    time(value) { return apply(getTime, value, []); },
    date(time) { return new RealDate(time); },
    regexp(source, flags, lastIndex) {
      const made = new RegExp(source, flags);
      made.lastIndex = lastIndex;
      return made;
    },
    entries(value) { return [...value]; },
    map(entries) { return new Map(entries); },
    set(entries) { return new Set(entries); },
    fillMap(map, entries) { for (const [key, value] of entries) map.set(key, value); },
    fillSet(set, entries) { for (const value of entries) set.add(value); },
    error(name, message, stack) {
      const made = construct(Error, [message], typeof g[name] === "function" && done.has(g[name]) ? g[name] : Error);
      if (stack !== undefined) defineProperty(made, "stack", { value: stack, writable: true, configurable: true });
      return made;
    },
    xml: buildDocument,
    xmlText(value) { return value[inside].document[inside].text; },
    xmlOuter(value) { return value.toString(); },
    xmlNumber(value) { return value[inside].number; },
    xmlDocument(value) { return value[inside].document; },
    xmlNode(document, number) { return document[inside].nodes[number]; },
    source(value) { return apply(functionText, value, []); },
    // What makes a function anew from its text: an expression, or a method of an object.
    maker(text) {
      try {
        return evaluate("(function(){return (" + text + "\n)})");
      } catch {
        return evaluate("(function(){const o=({" + text + "\n});return o[Reflect.ownKeys(o)[0]]})");
      }
    },
    text: String,
    bigint: BigInt,
    script(text) { evaluate(text); },
    instance(constructor) { return create(constructor.prototype); },
    constructorOf(value) { return getPrototypeOf(value).constructor; },
    bare() { return create(null); },
    quote: stringify,
    unquote: parse,
    describe(error) {
      if (error instanceof Error) {
        const place = typeof error.stack === "string" ? error.stack : "";
        return [String(error.name), String(error.message), place];
      }
      let text;
      try { text = String(error); } catch { text = "something that is no text"; }
      return ["", text, ""];
    },
    // Whether an assignment to the name makes a variable: a plain name that is not reserved.
    isName(text) { return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(text); },
    copyArray(value) {
      if (!Array.isArray(value)) throw new TypeError("the collection of <foreach> is not an array");
      return value.slice();
    },
    // Takes everything out that the session put in; false when the context cannot be used again.
    clear() {
      event = undefined; x = undefined; processors = undefined; session = undefined; name = undefined;
      let clean = isExtensible(g) && getPrototypeOf(g) === globalPrototype;
      const all = ownKeys(g);
      if (all.length !== baseline) {
        for (const key of keys(g)) clean = Reflect.deleteProperty(g, key) && clean;
        clean = clean && ownKeys(g).length === baseline;
      }
      return clean;
    },
  };
  const functionText = Function.prototype.toString;
  return kit;
})
