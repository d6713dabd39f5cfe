import { showPage } from "../ui/page";

void showPage(document, new URL("./", location.href));
