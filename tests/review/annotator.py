"""Someone who reviews in a browser."""

SHOWN = """number => {
  const text = document.getElementById("count").textContent;
  const busy = document.getElementById("controls").classList.contains("busy");
  return !busy && !document.getElementById("work").hidden && text.startsWith(`${number} of `);
}"""


class Annotator:
    """A window of the review page, for `name`, or for the joint pass if there is none."""

    def __init__(self, browser, address, name=None, **context):
        self.context = browser.new_context(**context)
        self.address, self.name, self.problems = address, name, []
        self.open()

    def open(self):
        """A new window of the same browser."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.note(said.text))
        who = "joint" if self.name is None else f"as={self.name}"
        self.page.goto(f"{self.address}#{who}")

    def note(self, text):
        """Pages that break their own rules say so on the console; refused requests are meant."""
        if "Failed to load resource" not in text:
            self.problems.append(text)

    def at(self, number):
        """Wait until the question of this number is shown and can be answered."""
        self.page.wait_for_function(SHOWN, arg=number)
        return self

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def click(self, *names):
        """Press buttons by the mouse; `names` as a reader of the screen hears them."""
        for name in names:
            self.page.get_by_role("button", name=name).click()
        return self

    def finished(self):
        self.page.wait_for_selector("#done:not([hidden])")
        return self

    def text(self, selector):
        return self.page.inner_text(selector)

    def pressed(self):
        """Names of all buttons that are marked."""
        found = self.page.locator("#work button[aria-pressed=true]:visible").all_inner_texts()
        return [text.split("\n")[0].strip() for text in found]

    def frames(self):
        """Addresses of the frames that are shown, each of them loaded."""
        images = "[...document.querySelectorAll('#frames img')].filter(each => each.naturalWidth)"
        return self.page.evaluate(f"{images}.map(each => each.src)")
