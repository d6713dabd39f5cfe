import { readFileSync } from "node:fs";
import { readArray, type ValueTypes } from "../../../../targets/web/page/files/numpy-array";
import { ZipArchive } from "../../../../targets/web/page/files/zip-archive";

/** An array that is asked for. */
interface Question {
  readonly file: string;
  readonly name: string;
  readonly type: keyof ValueTypes;
}

/** Answers each question on the command line with the array, or with why there is none. */
async function answer({ file, name, type }: Question): Promise<object> {
  try {
    const { shape, values } = await readArray(new ZipArchive(readFileSync(file), "golden.npz"), name, type);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { shape, hex: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
  } catch (error) {
    return { error: String(error) };
  }
}

const questions = JSON.parse(process.argv[2]!) as Question[];
void Promise.all(questions.map(answer)).then((answers) => process.stdout.write(JSON.stringify(answers)));
