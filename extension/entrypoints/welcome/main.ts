import { startWelcome } from "../../ui/welcome.ts";

void startWelcome();
