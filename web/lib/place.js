// A list or menu that floats over everything: nothing around it may cut it off.
import { useLayoutEffect } from "./preact.js";

const GAP = 2;
const EDGE = 8;
const TALLEST = 400; // px

/** While `open`, the element in `floating` (popover="manual") is shown by the element in `anchor`. */
export function useFloating(open, anchor, floating, end = false) {
  const put = () => anchor.current && floating.current && place(anchor.current, floating.current, end);
  useLayoutEffect(() => {
    if (open && floating.current?.matches(":popover-open")) put(); // what it holds may have grown or shrunk
  });
  useLayoutEffect(() => {
    if (!open) return undefined;
    floating.current.showPopover();
    put();
    window.addEventListener("scroll", put, true);
    window.addEventListener("resize", put);
    return () => {
      window.removeEventListener("scroll", put, true);
      window.removeEventListener("resize", put);
    };
  }, [open]);
}

/** Under the anchor, or over it where that side has more room; never out of the window. */
export function place(anchor, floating, end) {
  const box = anchor.getBoundingClientRect();
  const style = floating.style;
  style.minWidth = `${Math.min(box.width, window.innerWidth - 2 * EDGE)}px`;
  style.maxHeight = "";
  const below = window.innerHeight - box.bottom - GAP - EDGE;
  const above = box.top - GAP - EDGE;
  const up = Math.min(floating.offsetHeight, TALLEST) > below && above > below;
  style.maxHeight = `${Math.min(TALLEST, Math.max(120, up ? above : below))}px`;
  style.top = `${up ? box.top - GAP - floating.offsetHeight : box.bottom + GAP}px`;
  const left = end ? box.right - floating.offsetWidth : box.left;
  style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - EDGE - floating.offsetWidth))}px`;
}
