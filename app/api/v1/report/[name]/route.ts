import { readReportParams } from '#app/_server/params.ts'
import { reportNamed } from '#app/_server/reports.ts'
import { getRoute } from '#app/_server/respond.ts'

export const GET = getRoute((asked, search, { name }) => reportNamed(String(name))(asked, readReportParams(search)))
