"""Handing finished files to whoever transmits them: a folder, an SFTP server or an HTTP end point."""
