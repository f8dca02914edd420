import { defineBackground } from "wxt/utils/define-background";
import { startBackground } from "../background/background.ts";

// A module, so that it shares what our own pages need as well.
export default defineBackground({ type: "module", main: startBackground });
