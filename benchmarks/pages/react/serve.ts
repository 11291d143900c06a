// Serves the built pages and prints where.
const folder = process.argv[2];

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const file = Bun.file(folder + (pathname === "/" ? "/index.html" : pathname));
    return new Response(...((await file.exists()) ? [file] : ["", { status: 404 }]));
  },
});

console.log(server.url.origin);
