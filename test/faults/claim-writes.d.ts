export function noteClaimWrites(note: (line: import("./history.js").Write) => void): void
