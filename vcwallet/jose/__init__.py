# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JOSE: signatures (`jws`), claims (`jwt`) and encryption (`jwe`), each with fewer choices than the standard offers."""
