// Start to `ready` and memory at idle, against bare node in the same run.
import { spawn } from "node:child_process";
import { makeFolder, median, residentMb, s3Environment, startBareNode, startDevice, wait } from "./device.js";

const rounds = 11;
const settleMs = 3000;

async function idleMb(start) {
  const { pid, stop } = await start();
  await wait(settleMs);
  const mb = residentMb(pid);
  await stop();
  return mb;
}

async function startBareIdle() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1 << 30)"], { stdio: "ignore" });
  await wait(200);
  return { pid: child.pid, stop: async () => child.kill("SIGKILL") };
}

/** Rows of `{ what, value, against, aim }`. */
export async function benchStart() {
  const { folder, remove } = makeFolder({ log: { level: "silent" } });
  const onS3 = () => startDevice(folder, s3Environment("start"));
  const onFs = () => startDevice(folder);
  const times = { node: [], fs: [], s3: [] };
  try {
    // In turns, so that a busy moment of the machine meets all three alike.
    for (let round = 0; round < rounds; round++) {
      times.node.push(startBareNode());
      for (const [name, start] of [
        ["fs", onFs],
        ["s3", onS3],
      ]) {
        const device = await start();
        times[name].push(device.ms);
        await device.stop();
      }
    }
    const [node, fs, s3] = [median(times.node), median(times.fs), median(times.s3)];
    const bare = await idleMb(startBareIdle);
    const memory = { fs: await idleMb(onFs), s3: await idleMb(onS3) };
    return [
      {
        what: "start to ready, folders",
        value: `${fs.toFixed(0)} ms`,
        against: `${(fs / node).toFixed(2)} x node -e 0 (${node.toFixed(0)} ms)`,
        aim: "3 x",
      },
      {
        what: "start to ready, S3",
        value: `${s3.toFixed(0)} ms`,
        against: `${(s3 / node).toFixed(2)} x node -e 0`,
        aim: "",
      },
      {
        what: "memory at idle, folders",
        value: `${memory.fs.toFixed(1)} MB`,
        against: `+${(memory.fs - bare).toFixed(1)} MB, ${(memory.fs / bare).toFixed(2)} x bare node (${bare.toFixed(1)} MB)`,
        aim: "+30 MB",
      },
      {
        what: "memory at idle, S3",
        value: `${memory.s3.toFixed(1)} MB`,
        against: `+${(memory.s3 - bare).toFixed(1)} MB, ${(memory.s3 / bare).toFixed(2)} x bare node`,
        aim: "+45 MB",
      },
    ];
  } finally {
    remove();
  }
}
