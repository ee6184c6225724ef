/** Faults of the device itself: its configuration, state, plugins and stores. */
export const deviceErrors = {
  "config-unreadable": {
    message: "configuration {file} cannot be read: {reason}",
    cure: "Give an existing UTF-8 JSON file with --config FILE, or remove the option to start on the embedded default.",
  },
  "config-invalid": {
    message: "the configuration has {count}:\n{faults}",
    cure: "Mend each place named; nothing was started or changed.",
  },
  "state-owned": {
    message: "state folder {folder} is in use by {holder}",
    cure: "Stop the other process, or give this one its own state_dir.",
  },
  "state-fenced": {
    message: "{folder} has been taken over by another RustiQ; this one ends and changes nothing more",
    cure: "Let one process alone use the folder: give every other one its own state_dir.",
  },
  "disk-full": {
    message: "disk full: {reason}",
    cure: "Free some space; the device goes on by itself.",
  },
  "state-unusable": {
    message: "state folder {folder} cannot be used: {reason}",
    cure: "Make it a folder that this user may write to, or name another one in state_dir.",
  },
  "file-missing": {
    message: "there is no file {path}",
    cure: "Name a file that this user may read; a folder goes file by file.",
  },
  "journal-newer": {
    message: "journal segment {file} has format {found}; this runtime reads up to {expected}",
    cure: "Start a runtime version that knows this format; nothing was changed.",
  },
  "journal-missing": {
    message: "no device has run here: {folder} holds no journal",
    cure: "Name the device's configuration with --config FILE, or start it once with `rustiq run`.",
  },
  "journal-corrupt": {
    message: "journal segment {file} is damaged at byte {offset}: {reason}",
    cure: "The damaged segment is kept aside; the runtime goes on from the last good snapshot.",
  },
  "plugin-unresolved": {
    message: "{place} {use}: no built-in plugin, package or file of that name ({reason})",
    cure: "Use a built-in word, a package installed beside the configuration file, or a path that starts with ./ or /.",
  },
  "plugin-import": {
    message: "{place} {use}: {file} failed to load: {reason}",
    cure: "Run the file with `node FILE` to see the fault; a plugin must load without side effects.",
  },
  "plugin-export": {
    message: "{place} {use}: {file} must have a default export made by defineService or defineStore; found {found}",
    cure: "Write `export default defineService({ ... })`, with defineService imported from `rustiq/plugin`.",
  },
  "plugin-api": {
    message: "{place} {use}: {file} is made for plugin api {found}; this runtime offers {expected}",
    cure: "Install a version of the plugin for this api.",
  },
  "plugin-zod": {
    message: "{place} {use}: {file}: {schema} is made with zod {found}, a copy other than the runtime's own {expected}",
    cure: 'Make every schema with the z of `import { z } from "rustiq/plugin"`; the plugin needs no zod of its own.',
  },
  "plugin-contract": {
    message: "{place} {use}: {file}: {reason}",
    cure: "Correct the definition; `rustiq services` shows how definitions are understood.",
  },
  "plugin-duplicate": {
    message: "{place} {use}: {what} {name} is already taken by {other}",
    cure: 'Remove one of the two entries, give one another name in its definition, or say "replaces" in the entry that is to take the place.',
  },
  "plugin-replaces": {
    message: "{place} {use}: it cannot replace {name}: {reason}",
    cure: "Name in `replaces` the service or backend that the plugin offers itself and that another entry, or a built-in word, offers too; or leave it out.",
  },
  "plugin-config": {
    message: "{place}.config of {use}: {reason}",
    cure: "Correct the named members; the plugin's own schema decides.",
  },
  "plugin-isolate": {
    message: "{place} {use}: {file} cannot run in a process of its own: {reason}",
    cure: "Leave `isolate` out of its entry, or set it to none.",
  },
  "plugin-unusable": {
    message: "the store of {use} cannot be used: {reason}",
    cure: "Give the options that its entry has in the configuration: --config FILE or --config JSON.",
  },
  "plugin-globals": {
    message: "plugin {plugin} changes what all code of this process shares: {changes} ({rest})",
    cure: "Mend the plugin, or the package it imports: replace or remove nothing of the language's globals. What it adds is only warned about.",
  },
  "plugin-exit": {
    message: "plugin {plugin} called {call}, which would end the device",
    cure: "Throw an error instead; `call.restart()` starts the device again. The call was not carried out.",
  },
  "plugin-start": {
    message: "plugin {name} did not start: {reason}",
    cure: 'Correct the reason and start the runtime again; the others run on, unless the entry says "on_failure": "abort".',
  },
  "plugin-stop": {
    message: "plugin {name} did not stop cleanly: {reason}",
    cure: "Its releases after the fault were still run; mend the plugin's onStop.",
  },
  "store-unknown": {
    message: "no store named {name}; configured: {known}",
    cure: "Add the store to `stores` in the configuration, or correct the name.",
  },
  "store-open": {
    message: "store {name} (backend {backend}) cannot be opened: {reason}",
    cure: "Check the store's entry and that its backend plugin is loaded.",
  },
  "http-port": {
    message: "the local API cannot listen on 127.0.0.1:{port}: {reason}",
    cure: "Free the port, or give another one in http.port.",
  },
  "outbox-full": {
    message: "the outbox holds {waiting} bytes; {size} more would go over {limit} (limits.outbox_bytes)",
    cure: "Wait until the network lets it empty, or raise the limit.",
  },
  "state-too-large": {
    message: "what {owner} keeps is too large: {what} has {found} bytes; at most {limit} are kept",
    cure: "State is for small values; keep large ones in files of the plugin's own folder (FOLDER), or forget old ones.",
  },
  "mirror-collision": {
    message: "{first} and {second} cannot lie in one folder: {reason}",
    cure: "Rename one of the two; nothing was transferred.",
  },
  "mirror-deletes": {
    message: "{count} of {total} {what} would be removed; at most {share} % are without force",
    cure: "Look at what is missing on the other side. If it is meant, say --force (force=True in a command) or give another --max-delete; nothing was changed.",
  },
  "mirror-too-large": {
    message: "{where} holds more than {limit} files; a mirror takes at most as many",
    cure: "Mirror it part by part, with a longer prefix, or raise the limit (--max-objects) where there is memory for it.",
  },
  "mirror-incomplete": {
    message: "{failed} of {count} files could not be transferred: {reasons}",
    cure: "Mend the reasons and do it again: what has arrived is not transferred again. Nothing was removed.",
  },
  "path-refused": {
    message: "{path} is refused: {reason}",
    cure: "Use a relative path with / between plain names.",
  },
} as const;
