// One scrape of a node with eight GPUs and of the engine on it, as their exporters write it: comments, long label sets, histograms.
const GPU_FIELDS = [
  ['SM_CLOCK', 'gauge', 'SM clock frequency (in MHz).'],
  ['MEM_CLOCK', 'gauge', 'Memory clock frequency (in MHz).'],
  ['GPU_TEMP', 'gauge', 'GPU temperature (in C).'],
  ['POWER_USAGE', 'gauge', 'Power draw (in W).'],
  ['TOTAL_ENERGY_CONSUMPTION', 'counter', 'Total energy consumption since boot (in mJ).'],
  ['GPU_UTIL', 'gauge', 'GPU utilization (in %).'],
  ['MEM_COPY_UTIL', 'gauge', 'Memory utilization (in %).'],
  ['XID_ERRORS', 'gauge', 'Value of the last XID error encountered.'],
  ['FB_FREE', 'gauge', 'Framebuffer memory free (in MiB).'],
  ['FB_USED', 'gauge', 'Framebuffer memory used (in MiB).'],
  ['FB_RESERVED', 'gauge', 'Framebuffer memory reserved (in MiB).'],
] as const
const HISTOGRAMS = ['time_to_first_token_seconds', 'inter_token_latency_seconds', 'e2e_request_latency_seconds', 'request_prompt_tokens']
const COUNTERS = ['prompt_tokens_total', 'prompt_tokens_cached_total', 'generation_tokens_total', 'num_preemptions_total']
const BUCKETS = [
  '0.001',
  '0.005',
  '0.01',
  '0.02',
  '0.04',
  '0.06',
  '0.08',
  '0.1',
  '0.25',
  '0.5',
  '0.75',
  '1.0',
  '2.5',
  '5.0',
  '7.5',
  '10.0',
  '+Inf',
]

const uuid = (gpu: number): string => `GPU-4f3c2b1a-90ab-cdef-1234-56789abcde0${gpu}`

function gpus(scrape: number): string {
  let text = ''
  for (const [field, type, help] of GPU_FIELDS) {
    const name = `DCGM_FI_DEV_${field}`
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (let gpu = 0; gpu < 8; gpu++) {
      const value = field === 'POWER_USAGE' ? (300 + ((scrape * 7 + gpu) % 4000) / 10).toFixed(6) : (scrape * 31 + gpu * 17) % 100_000
      text += `${name}{gpu="${gpu}",UUID="${uuid(gpu)}",pci_bus_id="00000000:5${gpu}:00.0",device="nvidia${gpu}",modelName="NVIDIA H100 80GB HBM3",Hostname="gpu-node-1",DCGM_FI_DRIVER_VERSION="580.105.08",container="main",namespace="inference",pod="vllm-${gpu}"} ${value}\n`
    }
  }
  return text
}

function engine(scrape: number): string {
  const labels = 'engine="0",model_name="meta-llama/Llama-3.3-70B-Instruct"'
  let text = ''
  for (const name of COUNTERS)
    text += `# HELP vllm:${name} Count of ${name}.\n# TYPE vllm:${name} counter\nvllm:${name}{${labels}} ${scrape * 1234}.0\n`
  for (const name of HISTOGRAMS) {
    text += `# HELP vllm:${name} Histogram of ${name}.\n# TYPE vllm:${name} histogram\n`
    for (const [i, le] of BUCKETS.entries()) text += `vllm:${name}_bucket{${labels},le="${le}"} ${scrape * (i + 1)}.0\n`
    text += `vllm:${name}_count{${labels}} ${scrape * BUCKETS.length}.0\nvllm:${name}_sum{${labels}} ${scrape * 0.31326723098754883}\n`
  }
  return text
}

/** The body of the scrape with this number; values move from one to the next, series do not. */
export const scrapeBody = (scrape: number): string => gpus(scrape) + engine(scrape)
