/**
 * An API server in a process of its own: `node run.js DIRECTORY [PODS]` listens on loopback, over TLS, with so many Pods, 100 of them on
 * each Node, writes kubeconfig to the directory, and a line with its URL once it listens. Ends with its standard input.
 */
import { argv, exit, stdin, stdout } from 'node:process';
import { writeKubeconfig } from './access.js';
import { KubernetesApiServer } from './api-server.js';
import { manyNodes, manyPods } from './many.js';

const [, , directory, pods = '0'] = argv;
if (directory === undefined) throw new Error('usage: node run.js DIRECTORY [PODS]');
const server = await KubernetesApiServer.start({ bookmarkEveryMs: 60_000 });
server.load('nodes', manyNodes(Math.ceil(Number(pods) / 100)));
server.load('pods', manyPods(Number(pods)));
writeKubeconfig(directory, { url: server.url, ca: server.authority.certificate, token: server.token });
stdout.write(`${server.url}\n`);
stdin.on('end', () => void server.stop().then(() => exit(0))).resume();
