"""Certificates of the tests' own authority, made with openssl when they are needed."""

import os
import subprocess

AUTHORITY_CONFIG = """
[ca]
default_ca = this
[this]
dir = {directory}
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/serial
certificate = {directory}/ca.pem
private_key = {directory}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = Postroom test authority
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""


class Authority:
    """A certificate authority in a directory. `ca_file` is what a client must trust to believe it."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o755)
        self.ca_file = os.path.join(directory, "ca.pem")
        self._config = os.path.join(directory, "openssl.cnf")
        with open(self._config, "w", encoding="ascii") as config:
            config.write(AUTHORITY_CONFIG.format(directory=directory))
        with open(os.path.join(directory, "index.txt"), "w", encoding="ascii"):
            pass
        with open(os.path.join(directory, "serial"), "w", encoding="ascii") as serial:
            serial.write("01\n")
        self._key("ca")
        self._openssl("req", "-x509", "-new", "-config", self._config, "-extensions", "authority", "-days", "30",
                      "-key", self._path("ca.key"), "-out", self.ca_file)

    def issue(self, name, hosts=("DNS:localhost", "IP:127.0.0.1"), period=None):
        """(certificate file, key file) for `hosts`; `period` is (first, last) as YYYYMMDDHHMMSSZ."""
        self._key(name)
        request, certificate = self._path(name + ".csr"), self._path(name + ".pem")
        self._openssl("req", "-new", "-config", self._config, "-subj", "/CN=" + name, "-key", self._path(name + ".key"),
                      "-addext", "subjectAltName=" + ",".join(hosts), "-out", request)
        dates = ["-days", "20"] if period is None else ["-startdate", period[0], "-enddate", period[1]]
        self._openssl("ca", "-batch", "-notext", "-config", self._config, "-in", request, "-out", certificate, *dates)
        return certificate, self._path(name + ".key")

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _key(self, name):
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self._path(name + ".key"))
        os.chmod(self._path(name + ".key"), 0o600)

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")
