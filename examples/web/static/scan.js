// SPDX-FileCopyrightText: 2026 The vcwallet authors
// SPDX-License-Identifier: Apache-2.0
//
// Shows what the camera sees, and sends pictures of it to the wallet's own server until one has a QR code.

const video = document.getElementById("camera");
const said = document.getElementById("said");
const file = document.getElementById("picture");
const canvas = document.createElement("canvas");
let isFound = false;

function say(name) {
  said.textContent = said.dataset[name];
}

async function send(picture) {
  const response = await fetch("/frame", { method: "POST", body: picture, headers: { "content-type": "image/jpeg" } });
  const found = response.ok ? await response.json() : { state: "none" };
  if (found.next && !isFound) {
    isFound = true;
    say("found");
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    location.assign(found.next);
  }
  return found.state;
}

async function look() {
  if (isFound) return;
  if (video.videoWidth > 0) {
    const scale = Math.min(1, 960 / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    try {
      const state = await send(picture);
      if (state === "other") say("other");
    } catch {
      // The next picture may arrive.
    }
  }
  setTimeout(look, 250);
}

document.getElementById("start").addEventListener("click", async (event) => {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    say("denied");
    return;
  }
  event.target.hidden = true;
  video.hidden = false;
  await video.play();
  say("looking");
  look();
});

file.addEventListener("change", async () => {
  if (file.files.length === 0) return;
  say("looking");
  const state = await send(file.files[0]).catch(() => "none");
  if (!isFound) say(state === "other" ? "other" : "none");
  file.value = "";
});
