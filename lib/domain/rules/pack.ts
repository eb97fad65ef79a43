// The default rule pack: where the usual services of AWS, Azure and Google, and FOCUS service categories, belong in the cost stack.
// It is asked after the operator's own rules, and usage of a known node stays GPU compute whatever it says (lib/domain/scope.ts).
import type { Layer, Scope } from '../layers.ts'

/** `name` stays the same when rules are added before it: lineage shows it. */
export type PackRule = { ordinal: number; name: string; match: string; scope: Scope; layer: Layer }

/** Ordinals of a pack begin here, so that they never meet those of the operator's rules. */
export const PACK_ORDINAL = 1_000_000

type Group = { layer: Layer; scope?: Scope; rules: readonly [name: string, match: string][] }
const services = (prefix: string, names: readonly string[]): [string, string][] =>
  names.map((name) => [
    `${prefix}.${name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')}`,
    `ServiceName=${name}`,
  ])

// Services first, the most telling ones before the general; categories, which say least, last. Compute is left out on purpose: a
// machine that no inventory names may be a GPU node, and has to stay an exception.
const GROUPS: readonly Group[] = [
  {
    layer: 'support',
    scope: 'share',
    rules: [
      ['any.support', 'ServiceName=*Support*'],
      ['any.support-plan', 'ServiceName=*support*'],
    ],
  },
  {
    layer: 'observability',
    rules: [
      ...services('aws', [
        'AmazonCloudWatch*',
        'Amazon CloudWatch*',
        'CloudWatch*',
        'AWS X-Ray',
        'AWS CloudTrail',
        'Amazon Managed Service for Prometheus',
        'Amazon Managed Grafana',
        'Amazon OpenSearch Service*',
      ]),
      ...services('azure', ['Azure Monitor', 'Log Analytics', 'Application Insights', 'Azure Managed Grafana', 'Insight and Analytics']),
      ...services('gcp', ['Cloud Logging', 'Cloud Monitoring', 'Stackdriver*', 'Cloud Trace', 'Cloud Profiler', 'Error Reporting']),
      ...services('any', ['Datadog*', 'Grafana Cloud*', 'New Relic*', 'Elastic Cloud*', 'Splunk*', 'Honeycomb*']),
    ],
  },
  {
    layer: 'security',
    rules: [
      ...services('aws', [
        'AWS Key Management Service',
        'AWS WAF',
        'AWS Shield*',
        'Amazon GuardDuty',
        'Amazon Inspector*',
        'Amazon Macie*',
        'Amazon Detective',
        'AWS Security Hub*',
        'AWS Certificate Manager*',
        'AWS CloudHSM*',
        'AWS Config',
        'AWS Audit Manager',
        'AWS Network Firewall',
        'Amazon Cognito',
        'AWS Directory Service',
      ]),
      ...services('azure', [
        'Microsoft Defender*',
        'Azure Defender*',
        'Advanced Threat Protection',
        'Advanced Data Security',
        'Security Center',
        'Sentinel',
        'Microsoft Sentinel',
        'Azure DDOS Protection*',
        'Azure Firewall*',
        'Microsoft Entra*',
        'Azure Active Directory*',
        'Dedicated HSM',
        'Azure Purview',
        'Microsoft Purview',
      ]),
      ...services('gcp', [
        'Cloud Key Management Service (KMS)',
        'Security Command Center',
        'Cloud Armor',
        'Network Security',
        'reCAPTCHA Enterprise',
        'Identity Platform',
        'Certificate Authority Service',
        'Chronicle',
        'Sensitive Data Protection',
      ]),
    ],
  },
  {
    // Secrets belong to running the models (DESIGN.md section 5): supporting, not security.
    layer: 'supporting',
    rules: [
      ...services('aws', ['AWS Secrets Manager', 'AWS Systems Manager']),
      ...services('azure', ['Key Vault']),
      ...services('gcp', ['Secret Manager']),
    ],
  },
  {
    layer: 'lifecycle',
    rules: [
      ...services('aws', ['Amazon SageMaker*', 'AWS CodeBuild', 'AWS CodePipeline', 'CodeBuild', 'Amazon Mechanical Turk']),
      ...services('azure', ['Azure Machine Learning*', 'Machine Learning Studio', 'Azure DevOps', 'GitHub*']),
      ...services('gcp', ['Vertex AI', 'AI Platform', 'Cloud Machine Learning Engine', 'Cloud Build']),
      ...services('any', ['Weights & Biases*', 'Hugging Face*']),
    ],
  },
  {
    layer: 'supporting',
    rules: [
      ...services('aws', [
        'Amazon Simple Storage Service',
        'Amazon Elastic File System',
        'Amazon FSx',
        'Amazon S3 Glacier*',
        'AWS Backup',
        'Amazon Elastic Block Store',
        'Elastic Load Balancing',
        'AWS Elastic Load Balancing',
        'Amazon Virtual Private Cloud',
        'Amazon Route 53',
        'Amazon CloudFront',
        'AWS Global Accelerator',
        'AWS Data Transfer',
        'AWS Direct Connect',
        'AWS Transit Gateway*',
        'Amazon API Gateway',
        'Amazon Elastic Container Service for Kubernetes',
        'Amazon Elastic Kubernetes Service',
        'Amazon EC2 Container Registry (ECR)',
        'Amazon Elastic Container Registry*',
        'Amazon Simple Queue Service',
        'Amazon Simple Notification Service',
        'Amazon ElastiCache',
        'Amazon DynamoDB',
        'Amazon Relational Database Service',
        'AWS Lambda',
        'AWS Step Functions',
        'AWS CloudFormation',
        'Amazon EventBridge',
      ]),
      // A machine's own disks, addresses and traffic stand under its service: their category or family tells them apart.
      ['aws.ec2-storage', 'ServiceName=Amazon Elastic Compute Cloud*;ServiceCategory=Storage'],
      ['aws.ec2-network', 'ServiceName=Amazon Elastic Compute Cloud*;ServiceCategory=Networking'],
      ['aws.ec2-disks', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=Storage*'],
      ['aws.ec2-snapshots', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=System Operation'],
      ['aws.ec2-nat', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=NAT Gateway'],
      ['aws.ec2-load-balancer', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=Load Balancer*'],
      ['aws.ec2-address', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=IP Address'],
      ['aws.ec2-transfer', 'ServiceName=Amazon Elastic Compute Cloud*;product/productFamily=Data Transfer'],
      ...services('azure', [
        'Storage',
        'Storage Accounts',
        'Azure NetApp Files',
        'Backup',
        'Bandwidth',
        'Load Balancer',
        'Application Gateway',
        'Azure Front Door*',
        'Content Delivery Network',
        'Virtual Network',
        'VPN Gateway',
        'ExpressRoute',
        'NAT Gateway',
        'Azure DNS',
        'Traffic Manager',
        'API Management',
        'Azure Kubernetes Service',
        'Container Registry',
        'Redis Cache',
        'Azure Cache for Redis',
        'Service Bus',
        'Event Hubs',
        'Event Grid',
        'Azure Cosmos DB',
        'SQL Database',
        'Azure Database for *',
        'Azure DB for *',
        'Functions',
        'Logic Apps',
      ]),
      ...services('gcp', [
        'Cloud Storage',
        'Cloud Filestore',
        'Filestore',
        'Networking',
        'Cloud Load Balancing',
        'Cloud DNS',
        'Cloud CDN',
        'Cloud NAT',
        'Kubernetes Engine',
        'Artifact Registry',
        'Cloud Memorystore*',
        'Cloud Pub/Sub',
        'Cloud SQL',
        'Cloud Functions',
        'Cloud Run',
        'Backup for GKE',
      ]),
      ['gcp.compute-disks', 'ServiceName=Compute Engine;ChargeDescription=*PD Capacity*'],
      ['gcp.compute-transfer', 'ServiceName=Compute Engine;ChargeDescription=*Network*Egress*'],
    ],
  },
  {
    layer: 'supporting',
    rules: ['Storage', 'Networking', 'Databases', 'Integration', 'Web', 'Containers', 'Migration'].map((category) => [
      `focus.${category.toLowerCase()}`,
      `ServiceCategory=${category}`,
    ]),
  },
  { layer: 'observability', rules: [['focus.management-and-governance', 'ServiceCategory=Management and Governance']] },
  {
    layer: 'security',
    rules: [
      ['focus.security', 'ServiceCategory=Security'],
      ['focus.identity', 'ServiceCategory=Identity'],
    ],
  },
  { layer: 'lifecycle', rules: [['focus.developer-tools', 'ServiceCategory=Developer Tools']] },
]

/** In the order in which they are asked. */
export const DEFAULT_PACK: readonly PackRule[] = GROUPS.flatMap(({ layer, scope = 'in', rules }) =>
  rules.map(([name, match]) => ({ name, match, scope, layer })),
).map((rule, index) => ({ ordinal: PACK_ORDINAL + index, ...rule }))

export const PACKS = { none: [], default: DEFAULT_PACK } as const satisfies Record<string, readonly PackRule[]>
export type PackName = keyof typeof PACKS
