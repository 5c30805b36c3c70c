[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Fixtures.PostgresCluster))]
