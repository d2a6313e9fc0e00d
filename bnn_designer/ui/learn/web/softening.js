// Knowledge distillation on one image, as bnn_designer/lessons/distilling.py has it.

/** softmax(scores / temperature). */
export function softened(scores, temperature) {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - most) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The losses of label and teacher in nats, and how each pushes the student's scores, times its share. */
export function taught(teacher, student, label, temperature, share) {
  const plain = softened(student, 1);
  const soft = softened(student, temperature);
  const wanted = softened(teacher, temperature);
  const distance = wanted.reduce((sum, p, index) => (p > 0 ? sum + p * (Math.log(p) - Math.log(soft[index])) : sum), 0);
  const ofLabel = -Math.log(plain[label]);
  const ofTeacher = temperature ** 2 * distance;
  return {
    ofLabel,
    ofTeacher,
    loss: (1 - share) * ofLabel + share * ofTeacher,
    labelPush: plain.map((got, index) => (1 - share) * (Number(index === label) - got)),
    teacherPush: wanted.map((p, index) => share * temperature * (p - soft[index])),
  };
}
