// Who waits or is under way, in the order in which they came. A `Set` or `Map` will not do where thousands come and go in a second: the tables that these leave behind
// when they are made anew point to the next one. Once one has grown old, all that follows lives until the next full garbage collection (docs/decisions/memory.md).

/** A place in a roster. Once it is left, it holds nothing and points nowhere. */
export interface Place<T> {
  /** Undefined once it was left. */
  readonly item: T | undefined;
}

/** An ordered list that anybody may leave at any time. */
export interface Roster<T> {
  readonly size: number;
  /** Who came first. */
  readonly first: T | undefined;
  /** Goes to the end. */
  add(item: T): Place<T>;
  /** Whether it was still there. */
  leave(place: Place<T>): boolean;
  /** Takes out who came first. */
  shift(): T | undefined;
  /** Everybody, as they are now. */
  all(): readonly T[];
}

interface Node<T> extends Place<T> {
  item: T | undefined;
  before: Node<T> | undefined;
  after: Node<T> | undefined;
  of: object | undefined;
}

export function openRoster<T>(): Roster<T> {
  const own = {};
  let head: Node<T> | undefined;
  let tail: Node<T> | undefined;
  let size = 0;
  const unlink = (node: Node<T>): boolean => {
    if (node.of !== own) return false;
    if (node.before) node.before.after = node.after;
    else head = node.after;
    if (node.after) node.after.before = node.before;
    else tail = node.before;
    node.item = undefined;
    node.before = undefined;
    node.after = undefined;
    node.of = undefined;
    size -= 1;
    return true;
  };
  return {
    get size() {
      return size;
    },
    get first() {
      return head?.item;
    },
    add(item) {
      const node: Node<T> = { item, before: tail, after: undefined, of: own };
      if (tail) tail.after = node;
      else head = node;
      tail = node;
      size += 1;
      return node;
    },
    leave: (place) => unlink(place as Node<T>),
    shift() {
      const item = head?.item;
      if (head) unlink(head);
      return item;
    },
    all() {
      const items: T[] = [];
      for (let node = head; node; node = node.after) if (node.item !== undefined) items.push(node.item);
      return items;
    },
  };
}
