import { describe, expect, it } from "vitest";
import { isAllowed, refusalOf } from "../../../plugins/transfer/address.ts";

const refused = [
  "127.0.0.1",
  "127.255.255.254",
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.254",
  "192.168.0.1",
  "169.254.0.1",
  "169.254.169.254",
  "100.64.0.1",
  "100.100.100.200",
  "100.127.255.255",
  "192.0.0.192",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.9",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "168.63.129.16",
  "::",
  "::1",
  "::127.0.0.1",
  "::7f00:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:10.0.0.1",
  "::ffff:169.254.169.254",
  "::ffff:0:127.0.0.1",
  "64:ff9b::127.0.0.1",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b::a00:1",
  "64:ff9b:1::7f00:1",
  "2002:7f00:1::",
  "2002:a00:1::1",
  "2001::1",
  "2001:db8::1",
  "3fff::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "100::1",
  "4000::1",
  "not an address",
  "",
];

describe("addresses", () => {
  it.each(refused)("refuses %s", (address) => {
    expect(refusalOf(address)).toBeTypeOf("string");
  });

  it.each([
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
  ])("lets %s pass", (address) => {
    expect(refusalOf(address)).toBeUndefined();
  });

  it("allows a configured host by name, or by name and port only", () => {
    const allowed = ["Printer.local", "127.0.0.1:8080", "[::1]:9000", "fd00::7"];
    const judge = (url: string) => isAllowed(new URL(url), allowed);
    expect(judge("http://printer.local/")).toBe(true);
    expect(judge("https://PRINTER.local.:8443/")).toBe(true);
    expect(judge("http://127.0.0.1:8080/")).toBe(true);
    expect(judge("http://2130706433:8080/")).toBe(true);
    expect(judge("http://127.0.0.1/")).toBe(false);
    expect(judge("http://127.0.0.1:8081/")).toBe(false);
    expect(judge("http://[::1]:9000/")).toBe(true);
    expect(judge("http://[::1]/")).toBe(false);
    expect(judge("http://[fd00::7]:81/")).toBe(true);
    expect(judge("http://printer.local.evil.example/")).toBe(false);
  });

  it("takes the port of the scheme when the URL names none", () => {
    expect(isAllowed(new URL("https://box/"), ["box:443"])).toBe(true);
    expect(isAllowed(new URL("http://box/"), ["box:443"])).toBe(false);
  });
});
