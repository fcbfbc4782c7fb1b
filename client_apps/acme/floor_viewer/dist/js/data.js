// The building and its plans, each loaded once.

const loaded = new Map();

/** Load a JSON file below the app's base; what failed is tried again the next time. */
export function load(file) {
  if (!loaded.has(file)) {
    const loading = read(file);
    loading.catch(() => loaded.delete(file));
    loaded.set(file, loading);
  }
  return loaded.get(file);
}

async function read(file) {
  const response = await fetch(new URL(file, document.baseURI));
  if (!response.ok) throw new Error(`${file}: the server answers ${response.status}`);
  return response.json();
}
