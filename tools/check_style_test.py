"""Each rule fires on bad input and stays silent on good input."""

import tempfile
import unittest
from pathlib import Path

import check_layers
import check_style

LAYERS = check_layers.Layers((Path(__file__).parent / "layers.txt").read_text(encoding="utf-8"))


class CodeRules(unittest.TestCase):
    def fires(self, words: str, text: str, file: str = "src/mail/example.cpp"):
        found = [str(breach) for breach in check_style.check_code(file, text)]
        self.assertTrue(any(words in line for line in found), f"expected '{words}' in {found}")

    def silent(self, text: str, file: str = "src/mail/example.cpp"):
        self.assertEqual([str(breach) for breach in check_style.check_code(file, text)], [])

    def test_long_file(self):
        self.fires("the limit is 600", "int a;\n" * 601)
        self.silent("int a;\n" * 600)

    def test_long_function(self):
        body = "  step();\n" * 70
        self.fires("the function has 72 lines", f"namespace a {{\nint f(int b) {{\n{body}}}\n}}\n")
        self.fires("the function has 72 lines", f"struct A {{\n  int f() const {{\n{body}}}\n}};\n")
        self.silent(f"constexpr int table[] = {{\n{'  1,' + chr(10) * 80}}};\n")

    def test_unfinished_work(self):
        for word in ("TODO", "FIXME", "XXX"):
            self.fires(word, f"// {word} later\n")

    def test_header_without_pragma_once(self):
        self.fires("#pragma once", "int f();\n", "src/mail/example.h")
        self.silent("#pragma once\nint f();\n", "src/mail/example.h")

    def test_time_randomness_threads_and_environment_behind_their_doors(self):
        for line in (
            "auto t = std::chrono::system_clock::now();",
            "auto t = std::chrono::steady_clock::now();",
            'auto v = std::getenv("HOME");',
            "int r = rand();",
            "std::random_device device;",
            "std::this_thread::sleep_for(1s);",
            "std::thread worker;",
            "int s = ::socket(AF_INET, SOCK_STREAM, 0);",
        ):
            self.fires("is behind a door", f"void f() {{ {line} }}\n")
        self.silent("void f() { std::thread worker; }\n", "src/store/sqlite/writer.cpp")
        self.silent('// std::thread\nvoid f() { say("std::thread"); }\n')

    def test_coroutine_lambda_with_captures(self):
        self.fires("never a lambda with captures", "auto f = [this](int a) -> async::Task<int> { co_return a; };\n")
        self.fires("never a lambda with captures", "spawn([&](int a) { co_await g(a); });\n")
        self.silent("auto f = [](int a) -> async::Task<int> { co_return a; };\n")
        self.silent("auto f = [this](int a) { return a; };\n")

    def test_lock_in_a_coroutine(self):
        self.fires("holds no lock", "Task<> f() {\n  std::lock_guard hold(mutex_);\n  co_await g();\n}\n")
        self.silent("void f() {\n  std::lock_guard hold(mutex_);\n  g();\n}\n")

    def test_catch_all(self):
        self.fires("hides bugs", "void f() { try { g(); } catch (...) { } }\n")
        self.silent("void f() { try { g(); } catch (const std::bad_alloc&) { h(); } }\n")

    def test_bool_parameter_in_a_header(self):
        self.fires("use an enum", "#pragma once\nvoid send(int a, bool quietly);\n", "src/mail/example.h")
        self.fires("use an enum", "#pragma once\nvoid send(bool quietly = true);\n", "src/mail/example.h")
        self.silent("#pragma once\nbool send(int a);\n", "src/mail/example.h")
        self.silent("void send(bool quietly);\n", "src/mail/example.cpp")

    def test_literals_and_comments_are_not_code(self):
        self.silent('const char* a = "catch (...)";\nint big = 1\'000\'000;  // catch (...)\n')
        self.silent('auto a = R"(std::thread { )";\n')


class TreeRules(unittest.TestCase):
    def check(self, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return [str(breach) for breach in check_style.check(Path(folder))]

    def test_names_that_say_nothing(self):
        for name in ("src/mail/utils.cpp", "src/common/a.cpp", "src/mail/queue_manager.cpp", "tests/test_helpers.py"):
            self.assertTrue(any("say nothing" in line for line in self.check({name: "\n"})), name)
        self.assertEqual(self.check({"src/mail/commonplace.cpp": "\n"}), [])

    def test_strangers_in_the_root(self):
        self.assertTrue(any("root" in line for line in self.check({"NOTES.md": "\n"})))
        self.assertTrue(any("root" in line for line in self.check({"results/a.txt": "\n"})))
        self.assertEqual(self.check({"README.md": "\n"}), [])

    def test_links_that_lead_nowhere(self):
        self.assertTrue(any("nowhere" in line for line in self.check({"README.md": "See [it](docs/gone.md).\n"})))
        good = {"README.md": "[it](docs/here.md#part), [web](https://example.com), `[x](y.md)`\n", "docs/here.md": "\n"}
        self.assertEqual(self.check(good), [])

    def test_scripts_are_read_too(self):
        self.assertTrue(any("TODO" in line for line in self.check({"tests/a.py": "# TODO\n"})))


class LayerRules(unittest.TestCase):
    def refused(self, file: str, header: str, quoted=True):
        self.assertIsNotNone(LAYERS.breach(file.removeprefix("src/"), quoted, header), f"{file} includes {header}")

    def allowed(self, file: str, header: str, quoted=True):
        self.assertIsNone(LAYERS.breach(file.removeprefix("src/"), quoted, header))

    def test_intake_and_delivery_never_see_each_other(self):
        self.refused("src/intake/accept.cpp", "delivery/engine.h")
        self.refused("src/delivery/engine.cpp", "intake/intake.h")
        self.allowed("src/delivery/engine.cpp", "store/store.h")

    def test_protocols_do_not_see_the_store(self):
        self.refused("src/smtp/server_session.cpp", "store/store.h")
        self.refused("src/http/server.cpp", "store/records.h")

    def test_policy_sees_records_only(self):
        self.allowed("src/policy/route.cpp", "store/records.h")
        self.refused("src/policy/route.cpp", "store/store.h")

    def test_only_the_composition_root_names_what_stands_behind_a_door(self):
        self.refused("src/delivery/engine.cpp", "store/sqlite/sqlite_store.h")
        self.refused("src/smtp/client_session.cpp", "net/tcp.h")
        self.allowed("src/app/serve.cpp", "store/sqlite/sqlite_store.h")
        self.allowed("src/smtp/client_session_test.cpp", "net/tcp.h")

    def test_foreign_libraries_end_at_their_border(self):
        self.refused("src/smtp/client_session.cpp", "boost/asio/io_context.hpp", quoted=False)
        self.refused("src/delivery/engine.cpp", "sqlite3.h", quoted=False)
        self.refused("src/store/words.cpp", "sqlite3.h", quoted=False)
        self.allowed("src/store/sqlite/database.cpp", "sqlite3.h", quoted=False)
        self.allowed("src/net/tcp.cpp", "boost/asio/io_context.hpp", quoted=False)

    def test_unknown_folders_and_bare_headers(self):
        self.refused("src/mystery/a.cpp", "base/text.h")
        self.refused("src/mail/address.cpp", "address.h")


if __name__ == "__main__":
    unittest.main()
