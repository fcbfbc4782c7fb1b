// The style sheets of the app on screen. New ones are ready before old ones go, so that nothing flickers.
const links = new Map(); // url -> <link>

export const useStylesheets = async (urls) => {
  await Promise.all(urls.filter((url) => !links.has(url)).map(add));
  for (const [url, link] of links) {
    if (urls.includes(url)) continue;
    link.remove();
    links.delete(url);
  }
};

const add = (url) =>
  new Promise((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = url;
    // A style sheet that is missing must not keep the page away.
    link.onload = link.onerror = resolve;
    links.set(url, link);
    document.head.append(link);
  });
