/**
 * A page of the guide: the way to the other language leads to the same heading, the one at the window's top.
 *
 * @module
 */
document.querySelector<HTMLAnchorElement>('a.language')?.addEventListener('click', ({ currentTarget }) => {
  const headings = [...document.querySelectorAll<HTMLElement>('main :is(h2, h3)[id], main tr[id]')];
  const now = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
  if (now && scrollY > 0 && currentTarget instanceof HTMLAnchorElement) currentTarget.hash = now.id;
});
