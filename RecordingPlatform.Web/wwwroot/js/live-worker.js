// Shared by all tabs: browsers allow few connections to one place, and a stream holds one for as long as it lasts.
import { LiveStream } from "./live-stream.js";

const stream = new LiveStream();
onconnect = ({ ports: [port] }) => stream.join(port);
