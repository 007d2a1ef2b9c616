// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// Asks every second what has become of what this page waits for, and shows the page anew when something has.

const shown = document.getElementById("status");

async function look() {
  try {
    const response = await fetch(shown.dataset.address, { cache: "no-store" });
    if (response.ok && (await response.json()).state !== shown.dataset.state) {
      location.reload();
      return;
    }
  } catch {
    // The network is away; the next look may find it.
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
