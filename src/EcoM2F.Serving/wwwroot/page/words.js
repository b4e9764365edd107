// What the service says in tokens, in words.

/** Why an image ran at its point. */
export function reasonInWords({ reason, profile, beta }, budget) {
  const gate = budget?.includes('beta=') ? `The utility gate weighed gain against a price of ${beta} points a layer` : `The ${profile} gate looked at the image`;
  switch (reason) {
    case 'gate': return `${gate} and chose this point.`;
    case 'default': return 'No gate chose: the model ran as deep as it goes, at its own size.';
    case 'forced': return 'You asked for exactly this.';
    case 'min-depth': return 'Your lower bound on depth raised the choice.';
    case 'max-depth': return 'Your upper bound on depth lowered the choice.';
    case 'min-size': return 'Your lower bound on size raised the choice.';
    case 'max-size': return 'Your upper bound on size lowered the choice.';
    case 'max-gmacs': return 'Your bound on GMACs lowered the choice.';
    case 'operator': return 'Whoever runs this service has capped compute, and the cap decided.';
    case 'deadline': return 'A deeper or larger run would have missed your deadline.';
    case 'fallback': return `The photo is unlike those that the ${profile} gate learnt from, so it took the profile's safe point.`;
    case 'brownout': return 'Other images wait: this one ran on what they leave of the machine.';
    default: return `The service says: ${reason}.`;
  }
}

/** The same in a few words. */
export const reasonNames = {
  'gate': "the gate's choice",
  'default': 'no gate: full depth',
  'forced': 'asked for exactly',
  'min-depth': 'lower bound on depth',
  'max-depth': 'upper bound on depth',
  'min-size': 'lower bound on size',
  'max-size': 'upper bound on size',
  'max-gmacs': 'bound on GMACs',
  'operator': "operator's cap",
  'deadline': 'deadline',
  'fallback': 'unfamiliar photo',
  'brownout': 'load',
};

export const stageNames = {
  queue: ['Queue', 'waiting for the device'],
  decode: ['Decode', 'reading and resizing the photo'],
  stem: ['Backbone', 'features of the image'],
  gate: ['Gate', 'choosing the compute'],
  encoder: ['Encoder', 'the layers you saved on'],
  decoder: ['Decoder', 'queries to masks'],
  mask: ['Masks', 'masks at the size of the photo'],
};

export const unreachable = {
  title: 'The service cannot be reached',
  cure: 'Check that it runs and that your network is up, then try again.',
};

const cures = {
  'bad-request': ['The service did not understand a parameter', 'Reload the page: it may be older than the service.'],
  'bad-budget': ['This budget cannot be answered', 'Change the budget; the service says below what is allowed.'],
  'bad-image': ['The photo cannot be read', 'The file is damaged or cut off. Save it again, or choose another one.'],
  'unknown-model': ['That model is not loaded', 'Choose another model at the top, or reload the page.'],
  'too-large': ['The photo is too large', 'Make it smaller and send it again.'],
  'unsupported-format': ['This is not an image that the service reads', 'Use a JPEG, PNG, WebP, GIF, TIFF or AVIF. Phones can save HEIC photos as JPEG.'],
  'internal-error': ['The service failed on this photo', 'Try again. If it happens again, give the number below to whoever runs the service.'],
  'overloaded': ['The service is busy', 'Too many images wait.'],
  'not-ready': ['The service is not ready yet', 'It is loading its models.'],
  'deadline-exceeded': ['The deadline was too short', 'Allow more milliseconds under Budget, or clear the deadline.'],
};

/** Title, cure, detail of a refusal. */
export function failureOf(response, problem) {
  const kind = problem?.type?.split('/').pop();
  const [title, cure] = cures[kind] ?? byStatus(response.status);
  const wait = Number(response.headers.get('Retry-After'));
  return {
    title,
    cure: wait > 0 ? `${cure} Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.` : cure,
    detail: problem?.detail,
    allowed: problem?.allowed && !problem.detail?.includes(problem.allowed) ? `Allowed: ${problem.allowed}.` : null,
    trace: problem?.trace_id,
    wait,
  };
}

function byStatus(status) {
  switch (status) {
    case 401:
    case 403: return ['You may not use this service', 'A proxy in front of it asks for a sign-in. Sign in there, and reload the page.'];
    case 404: return ['Nothing answers at this address', 'The page and the service may be under different paths; ask whoever runs it.'];
    case 413: return ['The photo is too large', 'A proxy in front of the service refused it. Make it smaller and send it again.'];
    case 502:
    case 503:
    case 504: return ['The service does not answer', 'A proxy in front of it waits in vain. Try again in a moment.'];
    default: return [`The service answered with status ${status}`, 'Try again; if it happens again, tell whoever runs the service.'];
  }
}
