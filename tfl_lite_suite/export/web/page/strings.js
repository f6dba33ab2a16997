// What the page says, in English and Chinese.

/** @typedef {'en' | 'zh'} Language */

/** @type {Record<string, [string, string]>} */
const STRINGS = {
  tab_camera: ['Camera', '相机'],
  tab_picture: ['Picture', '图片'],
  tab_benchmark: ['Benchmark', '测速'],
  tab_model: ['Model', '模型'],
  screens: ['Screens', '页面'],
  language: ['中文', 'English'],
  loading: ['Loading the model…', '正在加载模型…'],
  none_of_these: ['None of these', '不属于任何类别'],
  answer: ['Answer', '结果'],
  ranked: ['Most probable classes', '最可能的类别'],
  waiting: ['Nothing classified yet', '尚未识别'],
  time_prepare: ['Prepare', '预处理'],
  time_inference: ['Inference', '推理'],
  time_rank: ['Decide', '判定'],
  time_frames: ['Frames/s', '帧/秒'],
  ms: ['{0} ms', '{0} 毫秒'],
  one_thread: ['CPU, one thread', 'CPU，单线程'],
  threads: ['CPU, {0} threads', 'CPU，{0} 线程'],
  gpu: ['GPU (WebGPU)', 'GPU（WebGPU）'],
  runs_on: ['Runs on', '运行于'],
  choice_auto: ['Automatic', '自动'],
  choice_webgpu: ['GPU (WebGPU)', 'GPU（WebGPU）'],
  choice_wasm: ['CPU', 'CPU'],
  choice_note: [
    'Automatic: an int8 model runs on the CPU, whose numbers its decision was fitted to; a float model on the GPU where there is one.',
    '自动：int8 模型在 CPU 上运行，其判定规则正是按 CPU 的数值拟合的；浮点模型在有 GPU 时用 GPU。',
  ],
  camera_hint: ['The camera stays off until you turn it on. Pictures never leave this device.', '在您打开之前，相机保持关闭。图片不会离开此设备。'],
  camera_start: ['Turn the camera on', '打开相机'],
  camera_stop: ['Turn the camera off', '关闭相机'],
  camera_switch: ['Switch camera', '切换相机'],
  camera_preview: ['Camera picture; the frame shows what the model sees', '相机画面；方框内是模型看到的部分'],
  camera_refused: ['You refused the camera. Allow it for this page in the browser’s settings, then try again, or use a picture.', '您已拒绝相机权限。请在浏览器设置中允许本页使用相机后重试，或改用图片。'],
  camera_none: ['This device has no camera. Use a picture instead.', '此设备没有相机，请改用图片。'],
  camera_failed: ['The camera does not answer; another program may be using it.', '相机没有响应，可能正被其他程序占用。'],
  camera_insecure: ['Browsers give the camera to https pages and to this computer’s own (localhost) only. Serve this folder by https, or use a picture.', '浏览器只允许 https 页面和本机（localhost）页面使用相机。请通过 https 提供此文件夹，或改用图片。'],
  picture_hint: ['Pick a picture, or drop one here. The model sees its centre, as the frame shows. It never leaves this device.', '选择一张图片，或将其拖放到此处。模型只看方框内的中央部分。图片不会离开此设备。'],
  picture_pick: ['Pick a picture', '选择图片'],
  picture_shown: ['Your picture; the frame shows what the model sees', '您的图片；方框内是模型看到的部分'],
  picture_failed: ['This file is no picture that the browser can read.', '浏览器无法读取此文件，它不是图片。'],
  picture_too_large: ['This picture does not fit into memory.', '图片太大，内存不足。'],
  benchmark_hint: ['Measures inference alone on fixed noise, after a warm-up. Keep this page in front.', '预热之后，用固定噪声只测推理时间。请让本页保持在前台。'],
  benchmark_runs: ['Runs', '次数'],
  benchmark_start: ['Start', '开始'],
  benchmark_stop: ['Stop', '停止'],
  benchmark_save: ['Download JSON', '下载 JSON'],
  benchmark_warming: ['Warming up…', '正在预热…'],
  benchmark_progress: ['Run {0} of {1}', '第 {0} 次，共 {1} 次'],
  benchmark_stopped: ['Stopped', '已停止'],
  benchmark_median: ['Median', '中位数'],
  benchmark_interval: ['95 % interval', '95 % 区间'],
  benchmark_mean: ['Mean ± σ', '均值 ± σ'],
  benchmark_range: ['Min … max', '最小 … 最大'],
  benchmark_p90: ['p90', 'p90'],
  benchmark_p99: ['p99', 'p99'],
  benchmark_count: ['Runs (warm-up)', '次数（预热）'],
  benchmark_cold: ['Cold start', '冷启动'],
  benchmark_valid: ['Valid measurement', '测量有效'],
  benchmark_invalid: ['Does not count', '测量无效'],
  histogram: ['How often each latency occurred', '各延迟出现的次数'],
  model_file: ['File', '文件'],
  model_runtime: ['Runtime', '运行库'],
  model_input: ['Input', '输入'],
  model_preparation: ['Preparation', '预处理'],
  model_fit_crop: ['scaled to cover {0} × {1}, centre {2} × {3}', '等比缩放至覆盖 {0} × {1}，取中央 {2} × {3}'],
  model_fit_stretch: ['stretched to {0} × {1}, centre {2} × {3}', '拉伸至 {0} × {1}，取中央 {2} × {3}'],
  model_contrast: [', contrast stretched', '，拉伸对比度'],
  model_classes: ['Classes', '类别'],
  model_classes_value: ['{0}: {1}', '{0}：{1}'],
  description_missing: ['model.json, which describes the model, is missing or damaged. Export the page again and copy the whole folder.', '描述模型的 model.json 缺失或已损坏。请重新导出，并复制整个文件夹。'],
  model_missing: ['The model file is missing. Copy the whole folder that the export wrote.', '缺少模型文件。请复制导出的整个文件夹。'],
  model_damaged: ['The model file is damaged. Copy the folder again.', '模型文件已损坏。请重新复制文件夹。'],
  runtime_missing: ['LiteRT.js is missing or does not start in this browser. Copy the folder “litert” again, or use a newer browser.', '缺少 LiteRT.js，或它无法在此浏览器中启动。请重新复制 “litert” 文件夹，或使用较新的浏览器。'],
  refused: ['LiteRT.js refuses this model.', 'LiteRT.js 无法运行此模型。'],
  unknown_error: ['Something went wrong.', '出错了。'],
  update_ready: ['A newer version of this page is ready.', '本页有新版本。'],
  update_reload: ['Reload', '重新加载'],
};

/** @type {Language} */
let language = 'en';

/** @returns {Language} */
export function current() {
  return language;
}

/** @param {Language} wanted */
export function use(wanted) {
  language = wanted;
}

/**
 * Returns what the page says in the present language.
 * @param {string} key
 * @param {...(string | number)} values Put in the places of {0}, {1} and so on.
 */
export function text(key, ...values) {
  const found = (STRINGS[key] ?? STRINGS.unknown_error)[language === 'zh' ? 1 : 0];
  return found.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)]));
}
