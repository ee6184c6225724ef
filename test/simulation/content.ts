import type { Dice } from "./dice.ts";

/** A disk writes a sector whole or not at all. Bytes. */
const sectorBytes = 512;

/** A change that is in the page cache only. */
interface Write {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Size of the file with this write. */
  readonly size: number;
}

/** Bytes that grow by themselves; what was never written is zero. */
class Bytes {
  #buffer = Buffer.alloc(0);
  size = 0;

  put(at: number, bytes: Uint8Array): void {
    this.#makeRoom(at + bytes.byteLength);
    this.#buffer.set(bytes, at);
  }

  /** Sets the size; what lay behind a smaller one is gone. */
  resize(size: number): void {
    this.#makeRoom(size);
    this.#buffer.fill(0, size);
    this.size = size;
  }

  /** A copy. */
  read(at: number, length: number): Buffer {
    const end = Math.min(this.size, at + length);
    return Buffer.from(this.#buffer.subarray(at, Math.max(at, end)));
  }

  #makeRoom(end: number): void {
    if (end <= this.#buffer.byteLength) return;
    const larger = Buffer.alloc(Math.max(end, 2 * this.#buffer.byteLength, sectorBytes));
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** The content of one file: what programs see, and what is on the platter. */
export class Content {
  readonly #seen = new Bytes();
  readonly #durable = new Bytes();
  #unsynced: Write[] = [];
  /** Sectors whose content a failed fsync has taken out of the page cache's care. */
  readonly #forsaken = new Set<number>();

  get size(): number {
    return this.#seen.size;
  }

  read(at: number, length: number): Uint8Array {
    return this.#seen.read(at, length);
  }

  write(at: number, bytes: Uint8Array): void {
    const size = Math.max(this.size, at + bytes.byteLength);
    this.#change({ at, bytes: Uint8Array.from(bytes), size });
  }

  truncate(size: number): void {
    this.#change({ at: size, bytes: new Uint8Array(Math.max(0, this.size - size)), size });
  }

  /** What is unsynced is durable now; what an earlier failed fsync has lost is not among it. */
  sync(): void {
    for (const { at, bytes, size } of this.#unsynced) {
      this.#durable.put(at, bytes);
      this.#durable.resize(size);
    }
    this.#unsynced = [];
  }

  /**
   * An fsync that fails, as on Linux: some sectors reached the disk, the others are called clean all the same. Programs go on reading
   * what they wrote, and the next fsync succeeds without it.
   */
  failSync(dice: Dice): void {
    for (const { at, bytes } of this.#unsynced) {
      for (const sector of sectorsOf(at, bytes.byteLength)) this.#forsaken.add(sector);
    }
    this.#keepSome(dice);
  }

  /** The page cache drops what it believes to be on the disk: forsaken sectors read as the disk has them. */
  evict(): void {
    for (const sector of this.#forsaken) {
      const at = sector * sectorBytes;
      const old = Buffer.alloc(Math.max(0, Math.min(sectorBytes, this.size - at)));
      old.set(this.#durable.read(at, old.byteLength));
      this.#seen.put(at, old);
    }
    for (const { at, bytes } of this.#unsynced) this.#seen.put(at, bytes);
    this.#forsaken.clear();
  }

  /** What a power cut leaves: of the unsynced writes all, none, or any sector in any of its states. */
  cut(dice: Dice): void {
    const mood = dice.below(3);
    if (mood === 0) this.sync();
    else if (mood === 1) this.#keepSome(dice);
    this.#unsynced = [];
    this.#forsaken.clear();
    const left = this.#durable.read(0, this.#durable.size);
    this.#seen.resize(0);
    this.#seen.put(0, left);
    this.#seen.resize(left.byteLength);
  }

  #change(write: Write): void {
    this.#seen.put(write.at, write.bytes);
    this.#seen.resize(write.size);
    this.#unsynced.push(write);
  }

  /** Each sector as it was after some of the writes that touched it, the size independently of them. */
  #keepSome(dice: Dice): void {
    const writes = this.#unsynced;
    const kept = new Map<number, number>();
    for (const [index, { at, bytes }] of writes.entries()) {
      for (const sector of sectorsOf(at, bytes.byteLength)) {
        if (!kept.has(sector)) kept.set(sector, dice.below(writes.length + 1));
        if (index >= (kept.get(sector) ?? 0)) continue;
        const from = Math.max(at, sector * sectorBytes);
        const to = Math.min(at + bytes.byteLength, (sector + 1) * sectorBytes);
        this.#durable.put(from, bytes.subarray(from - at, to - at));
      }
    }
    const sizes = [this.#durable.size, ...writes.map(({ size }) => size)];
    this.#durable.resize(sizes[dice.below(sizes.length)] ?? 0);
    this.#unsynced = [];
  }
}

function* sectorsOf(at: number, length: number): Generator<number> {
  if (length === 0) return;
  const last = Math.floor((at + length - 1) / sectorBytes);
  for (let sector = Math.floor(at / sectorBytes); sector <= last; sector++) yield sector;
}
