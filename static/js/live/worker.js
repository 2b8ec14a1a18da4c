/** The browser's one connection for live jobs, shared by all its tabs. Knows ports; the feed knows the rest. */

import { Feed } from "./feed.js";

const feed = new Feed("/jobs/events/");

self.addEventListener("connect", ({ ports: [port] }) => {
  const tell = (event) => port.postMessage(event);
  port.onmessage = ({ data }) => {
    if (data.watch) feed.listen(tell, data.watch, data.seq);
    if (data.leave) feed.leave(tell);
  };
});
