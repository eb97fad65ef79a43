// Hand-written bills of Azure, Google and Oracle.
import { csvOf, type Cells } from './bills.ts'

/** One day of one virtual machine in an Azure enterprise agreement. */
export const AZURE: Cells = {
  BillingAccountId: 'ea-1',
  BillingPeriodStartDate: '06/01/2026',
  BillingPeriodEndDate: '06/30/2026',
  SubscriptionId: 'sub-1',
  Date: '06/13/2026',
  ProductName: 'Virtual Machines ND H100 v5',
  MeterCategory: 'Virtual Machines',
  MeterName: 'ND96isr H100 v5',
  Quantity: '24',
  UnitOfMeasure: '1 Hour',
  CostInBillingCurrency: '240.5',
  UnitPrice: '11',
  PayGPrice: '12',
  BillingCurrencyCode: 'USD',
  ResourceLocation: 'US East',
  ResourceId: '/subscriptions/sub-1/resourceGroups/GPU/providers/Microsoft.Compute/virtualMachines/Node-1',
  ResourceName: 'Node-1',
  AdditionalInfo: '',
  Tags: '',
  ChargeType: 'Usage',
  Frequency: 'UsageBased',
  PricingModel: 'OnDemand',
  ReservationId: '',
}

export const azureCsv = (rows: readonly Cells[]): string => csvOf(rows.map((row) => ({ ...AZURE, ...row })))
