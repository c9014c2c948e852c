"""Pages opened in a browser, and what is asked of them there."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def opened(browser: Any, path: Path, *, width: int) -> tuple[Any, list[str], list[str]]:
    """The page with what it asked for and what it complained about."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    return page, asked, said


CONTRAST = """() => {
  const light = c => {
    const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if (c !== 'rgba(0, 0, 0, 0)') return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const read = 'p, li, td, th, dt, dd, a, h1, h2, .topic, .interval';
  const ratios = [...document.querySelectorAll(read)].map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  });
  return Math.min(...ratios);
}"""
"""The lowest contrast of text and ground."""
TOUCHING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const edge = svg.getBoundingClientRect();
  if (!edge.width) return [];
  const words = [...svg.querySelectorAll('text')].map(e => [e.textContent, e.getBoundingClientRect()]);
  const out = words.filter(([, a]) => a.left < edge.left - 1 || a.right > edge.right + 1);
  const met = words.filter(([, a], i) => words.some(([, b], j) => j > i && a.left < b.right - 1
    && b.left < a.right - 1 && a.top < b.bottom - 6 && b.top < a.bottom - 6));
  const bars = [...svg.querySelectorAll('rect.bar')].map(e => e.getBoundingClientRect());
  const over = words.filter(([, a]) => bars.some(b => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 6 && b.top < a.bottom - 6));
  return [...out, ...met, ...over].map(([text]) => text);
})"""
"""Words of the charts that are shown which leave their chart, meet each other or stand over a bar."""
SIDEWAYS = """() => [...document.querySelectorAll('.scroll, svg, table, pre')]
  .filter(e => e.getBoundingClientRect().right > innerWidth || e.scrollWidth > e.clientWidth + 1)
  .map(e => (e.caption || e).textContent.slice(0, 60))"""
"""What is read by scrolling sideways."""
