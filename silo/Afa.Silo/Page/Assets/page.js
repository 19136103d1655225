// Keeps the page up to date: fetches it again and changes only what differs, so that focus, scrolling, selections and open parts stay.
"use strict";

(() => {
  const interval = 2000;
  const patience = 10000;
  const connection = document.getElementById("connection");
  let answeredAt = new Date();
  let timer = 0;
  let isAsking = false;

  async function follow() {
    clearTimeout(timer);
    if (document.hidden || isAsking) {
      return;
    }

    isAsking = true;
    const goesOn = await refresh();
    isAsking = false;
    if (goesOn) {
      timer = setTimeout(follow, interval);
    }
  }

  // Returns whether it is worth to ask again.
  async function refresh() {
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(patience) });
      if (answer.status === 401 || answer.status === 403) {
        say(`This page may not be read any more (${answer.status}). Load it again to sign in.`);
        return false;
      }

      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const main = fresh.querySelector("main");
      if (!main) {
        throw new Error(`${answer.status} without a page`);
      }

      if (script(fresh) !== script(document)) {
        location.reload();   // The silo is of another version.
        return false;
      }

      patch(document.querySelector("main"), main);
      document.title = fresh.title;
      answeredAt = new Date();
      say("");
    } catch {
      say(`The silo has not answered since ${answeredAt.toLocaleTimeString()}; trying again.`);
    }

    return true;
  }

  function say(text) {
    if (connection.textContent !== text) {
      connection.textContent = text;   // Only then: a screen reader would read it again.
    }
  }

  function script(page) {
    return page.querySelector("script[src]")?.getAttribute("src");
  }

  // Makes a node like a fresh one of the same kind.
  function patch(node, fresh) {
    if (node.nodeType !== Node.ELEMENT_NODE) {
      if (node.data !== fresh.data) {
        node.data = fresh.data;
      }

      return;
    }

    for (const { name } of [...node.attributes]) {
      if (!fresh.hasAttribute(name) && name !== "open") {   // Whether a part is open is the reader's.
        node.removeAttribute(name);
      }
    }

    for (const { name, value } of fresh.attributes) {
      if (node.getAttribute(name) !== value) {
        node.setAttribute(name, value);
      }
    }

    patchChildren(node, fresh);
  }

  function patchChildren(node, fresh) {
    const wanted = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
    for (const child of [...node.children]) {
      if (child.id && !wanted.has(child.id)) {
        child.remove();
      }
    }

    const known = new Map([...node.children].filter((child) => child.id).map((child) => [child.id, child]));
    let place = node.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = child.id ? known.get(child.id) : isAlike(place, child) ? place : null;
      if (same) {
        patch(same, child);
      }

      if (same && same === place) {
        place = place.nextSibling;
      } else {
        node.insertBefore(same ?? document.adoptNode(child), place);
      }
    }

    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  function isAlike(node, fresh) {
    return node !== null && node.nodeType === fresh.nodeType && node.nodeName === fresh.nodeName && !node.id;
  }

  document.addEventListener("visibilitychange", follow);
  timer = setTimeout(follow, interval);
})();
