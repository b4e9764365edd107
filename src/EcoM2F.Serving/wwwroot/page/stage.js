// A canvas that fits its photo into the place it has, at the screen's own resolution.

/** Longest edge of a canvas; beyond it screens show no more and phones run out of memory. */
const LONGEST = 2400;

export class Stage {
  constructor(frame, canvas, draw) {
    Object.assign(this, { frame, canvas, draw, aspect: 0 });
    new ResizeObserver(() => this.fit()).observe(frame);
  }

  /** Shows an image of this size. */
  show(width, height) {
    this.aspect = width / height;
    this.frame.classList.remove('empty');
    this.frame.style.setProperty('--aspect', String(this.aspect));
    this.canvas.hidden = false;
    this.fit();
  }

  hide() {
    this.aspect = 0;
    this.frame.classList.add('empty');
    this.canvas.hidden = true;
  }

  /** Gives the canvas as many pixels as its place on screen has, and draws. */
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    if (this.aspect === 0 || clientWidth === 0) {
      return;
    }
    const scale = Math.min(devicePixelRatio, LONGEST / Math.max(clientWidth, clientHeight));
    const [width, height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
    }
    this.draw();
  }

  /** A pointer's place in the image, each from 0 to 1. */
  placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
}

/** Shows that something runs, for how long, and a way out; one thing at a time. */
export class Wait {
  constructor(frame) {
    Object.assign(this, { frame, running: null });
    this.words = frame.querySelector('[data-words]');
    this.clock = frame.querySelector('[data-clock]');
    frame.querySelector('button').addEventListener('click', () => this.cancel());
  }

  cancel() {
    this.running?.abort(CANCELLED);
  }

  say(words) {
    this.words.textContent = words;
  }

  /** Runs `work(signal)`; what ran before is given up. Resolves to null where that happened or somebody cancelled, which `cancelled` is told. */
  async during(words, work, cancelled) {
    this.running?.abort();
    const controller = new AbortController();
    this.running = controller;
    const started = performance.now();
    const tick = () => { this.clock.textContent = `${((performance.now() - started) / 1000).toFixed(1)} s`; };
    this.say(words);
    tick();
    const timer = setInterval(tick, 100);
    this.frame.hidden = false;
    try {
      const result = await work(controller.signal);
      return controller.signal.aborted ? null : result;
    } catch (error) {
      if (!controller.signal.aborted) {
        throw error;
      }
      if (controller.signal.reason === CANCELLED) {
        cancelled?.();
      }
      return null;
    } finally {
      clearInterval(timer);
      if (this.running === controller) {
        this.running = null;
        this.frame.hidden = true;
      }
    }
  }
}

const CANCELLED = 'cancelled';
