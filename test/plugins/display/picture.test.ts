import { describe, expect, it } from "vitest";
import { recognisePicture } from "../../../plugins/display/picture.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const bmp = (size: number) => {
  const head = Buffer.alloc(60);
  head.write("BM");
  head.writeUInt32LE(size, 14);
  return head;
};

describe("pictures", () => {
  it.each<[string, Uint8Array]>([
    ["image/png", latin1("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")],
    ["image/jpeg", latin1("\xff\xd8\xff\xe0\0\x10JFIF")],
    ["image/gif", latin1("GIF87a...")],
    ["image/gif", latin1("GIF89a...")],
    ["image/webp", latin1("RIFF\n\n\r\nWEBPVP8 ")],
    ["image/bmp", bmp(40)],
    ["image/svg+xml", latin1("<svg xmlns='http://www.w3.org/2000/svg'>")],
    ["image/svg+xml", latin1("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made\nby hand -->\n<!DOCTYPE svg>\n<svg>")],
    ["image/svg+xml", latin1("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>")],
  ])("of %s are recognised by their first bytes", (contentType, head) => {
    expect(recognisePicture(head)?.contentType).toBe(contentType);
  });

  it.each<[string, Uint8Array]>([
    ["nothing", latin1("")],
    ["a page", latin1("<!DOCTYPE html><html><svg></svg></html>")],
    ["text about svg", latin1("see <svg>")],
    ["half a PNG signature", latin1("\x89PNG\r\n")],
    ["a WAV file", latin1("RIFF\0\0\0\0WAVE")],
    ["a text that begins with BM", latin1("BMW is a maker of cars, among others")],
    ["a PDF", latin1("%PDF-1.7")],
    ["an svg in a comment", latin1("<!-- <svg> -->")],
    ["another element that begins alike", latin1("<svgfoo>")],
  ])("are not found in %s", (_, head) => {
    expect(recognisePicture(head)).toBeUndefined();
  });

  it("are judged quickly in text that nearly fits", () => {
    const begun = performance.now();
    recognisePicture(latin1("<!--a-->".repeat(63)));
    recognisePicture(latin1(`${"<!-- -->".repeat(63)}<!--`));
    recognisePicture(latin1(`<!DOCTYPE ${"[".repeat(500)}`));
    recognisePicture(latin1("<!----><!--".repeat(46)));
    expect(performance.now() - begun).toBeLessThan(200);
  });
});
