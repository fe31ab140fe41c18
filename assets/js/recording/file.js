// What tells a recording from other files.

const FIRST = '{"format":"explorer-recording"';

/** Whether a file is a recording: its first line says so. @param {File} file */
export const isRecording = async (file) => (await file.slice(0, FIRST.length).text()) === FIRST;
