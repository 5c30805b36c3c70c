[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Fixtures.PostgresCluster))]
[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Fixtures.Azurite))]
