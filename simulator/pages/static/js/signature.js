// A signature, drawn with a finger, a pen or a mouse; or by a button, for those who draw with none.

import { h } from "./dom.js";

const [WIDTH, HEIGHT] = [640, 360];
const FLOURISH = [
  [70, 230], [120, 90], [150, 250], [190, 150], [215, 230], [250, 160], [285, 235], [330, 130],
  [345, 240], [400, 175], [430, 230], [475, 165], [520, 225], [575, 185],
];

export function signature(changed) {
  const canvas = h("canvas", { width: WIDTH, height: HEIGHT, role: "img", "aria-label": "Sign here" });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: 6, lineCap: "round", lineJoin: "round", strokeStyle: "#12202b" });
  let last = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.x) / box.width) * WIDTH, ((event.clientY - box.y) / box.height) * HEIGHT];
  };
  const line = (from, to) => {
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    changed(true);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const here = place(event);
    line(last, here);
    last = here;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });

  const clear = () => { pen.clearRect(0, 0, WIDTH, HEIGHT); changed(false); };
  const flourish = () => FLOURISH.slice(1).forEach((to, n) => line(FLOURISH[n], to));
  const element = h("div.signature", {}, canvas,
    h("div.signature__acts", {},
      h("button.touch.touch--small", { type: "button", onclick: flourish }, "Sign for me"),
      h("button.touch.touch--small", { type: "button", onclick: clear }, "Clear")));
  return { element, picture: () => canvas.toDataURL("image/png") };
}
