// Gradio's loading screen, long taken away, goes on counting its seconds in every frame, for ever: a
// tenth of a slow core, in the way of whatever is drawn.
//
// Requests for frames are numbered.  Where somebody else asks for exactly one in each of many frames,
// while nothing of ours moves, the number before ours is that one's; it is withdrawn, and the loop ends.

const STEADY = 12,
  LONGEST = 600; // frames of just that pattern before anything is done; to give up

export function endLoader(moving) {
  let last = 0,
    steady = 0,
    seen = 0;
  const look = () => {
    const mine = requestAnimationFrame(look);
    steady = !moving() && mine - last === 2 ? steady + 1 : 0;
    last = mine;
    if (steady === STEADY) cancelAnimationFrame(mine - 1);
    if (steady === STEADY || ++seen > LONGEST) {
      cancelAnimationFrame(mine);
      document.body.dataset.loader = steady === STEADY ? 'ended' : 'not found';
    }
  };
  last = requestAnimationFrame(look);
}
