import { useQuery } from '@tanstack/react-query';
import { useGateway } from '../../app/session.tsx';

/** The sums of each day with medians and 95th percentiles of its times. */
export function useDayTimes(from: string) {
  const gateway = useGateway();
  return useQuery({
    queryKey: ['usage-times', from, 'day'],
    queryFn: () => gateway.api.usage.report.query({ from, bucket: 'day', percentiles: true }),
  });
}
