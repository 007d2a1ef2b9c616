# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE: signatures (`sign1`), MACs (`mac0`) and claims (`cwt`), each with fewer choices than the standard offers."""
